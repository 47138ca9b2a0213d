"""Values and their views: what rearranges elements, in as few layers as say it."""
