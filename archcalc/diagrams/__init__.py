"""Diagrams: network → parts → drawing → layout → scene → SVG, PNG, PDF; or drawing → DOT, Mermaid."""
