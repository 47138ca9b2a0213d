"""How a signal survives: variances forward and backward at initialisation, by mean-field rules.

An estimate, on these assumptions: weights are drawn independently, with mean 0 and the scheme's variance; layers are
wide, so that what a layer of weights gives is Gaussian (Neal 1996; Schoenholz et al. 2017); inputs have mean 0 and
variance 1, independent from element to element and from sample to sample; the loss puts on every output a gradient
of mean 0 and variance 1, independent too, and gradients do not depend on the values that they pass (the gradient
independence assumption of Schoenholz et al. 2017, §3); batches are large.  Biases are 0, normalization begins with
weight 1.
"""
