"""Words of other frameworks and papers, and what a spec writes for them.

Each entry is a word or key of the language, what to type, and the foreign words that mean it. A
foreign word may mean several: `dense` is the rule `full`, and the layer `linear`. Which one is
suggested depends on what is allowed where the foreign word is written. Case, `-`, `_`, spaces and
an ending such as `2d` do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

ENDING = re.compile(r"(?<=[a-z])[123]d$")

LAYERS = (
    ("conv", "conv", "convolution convolutional convlayer"),
    ("conv", "{conv: {width: incoming, groups: incoming}}",
     "depthwise depthwiseconv depthwiseconvolution dwconv convdw"),
    ("conv", "{conv: {width: N, kernel: 1}}", "pointwise pointwiseconv pwconv conv1x1"),
    ("norm", "norm", "batchnorm batchnormalization batchnormalisation bn normalization"),
    ("norm", "{norm: layer}", "layernorm layernormalization ln"),
    ("norm", "{norm: {kind: group, groups: 32}}", "groupnorm groupnormalization gn"),
    ("norm", "{norm: instance}", "instancenorm instancenormalization"),
    ("norm", "{norm: rms}", "rmsnorm rmsnormalization"),
    ("pool", "{pool: {kind: max, kernel: 2}}", "maxpool maxpooling max subsampling"),
    ("pool", "{pool: {kernel: 2}}", "avgpool averagepool averagepooling meanpool pooling"),
    ("pool", "{pool: {to: 1}}",
     "globalaveragepooling globalavgpool globalaveragepool globalpool gap adaptiveavgpool "
     "adaptiveaveragepool"),
    ("linear", "linear", "dense fc fullyconnected innerproduct affine classifier"),
    ("relu", "relu", "rectifier rectifiedlinear"),
    ("leaky", "leaky", "leakyrelu lrelu"),
    ("silu", "silu", "swish"),
    ("hardswish", "hardswish", "hswish"),
    ("hardsigmoid", "hardsigmoid", "hsigmoid"),
    ("sigmoid", "sigmoid", "logistic"),
    ("dropout", "{dropout: 0.5}", "alphadropout drop spatialdropout"),
    ("drop_unit", "{drop_unit: 0.1}", "droppath stochasticdepth dropconnect"),
    ("scale", "scale", "layerscale"),
    ("deconv", "deconv",
     "convtranspose transposedconv transposedconvolution convolutiontranspose deconvolution "
     "upconv"),
    ("upsample", "upsample", "upsampling interpolate interpolation resize"),
    ("flatten", "flatten", "view reshape"),
    ("shuffle", "shuffle", "channelshuffle"),
    ("keep", "keep", "split chunk narrow slice"),
    ("gate", "gate", "se seblock squeezeexcite squeezeexcitation squeezeandexcitation"),
    ("residual", "{residual: [...]}", "skip shortcut resblock residualblock identityblock"),
    ("parallel", "{parallel: [[...], [...]], aggregate: concat}",
     "branch branches inception inceptionblock concat concatenate"),
    ("residual", "{residual: [...]}", "add sum"),
)  # fmt: skip

UNITS = (
    ("basic", "basic", "conv convblock convlayer single vgg"),
    ("double", "double", "residual residualblock resblock basicblock resnet doubleconv twoconvs"),
    ("bottleneck", "bottleneck", "bottleneckblock resnetbottleneck"),
    ("dense-bottleneck", "dense-bottleneck", "dense densenet denselayer denseblock"),
)  # fmt: skip

RULES = (
    ("full", "full",
     "dense densenet all alltoall fullyconnected everything complete residual skip resnet"),
    ("plain", "plain", "sequential chain feedforward linear previous none vgg straight"),
    ("exponential", "{rule: exponential, base: 2}",
     "sparse sparsenet exp log logarithmic power powers logdense"),
    ("window", "{rule: window, last: 2}", "local sliding recent last nearest neighbours"),
    ("offsets", "{rule: offsets, offsets: [1, 2, 4]}", "distances dilated dilations"),
    ("explicit", "{rule: explicit, reads: [[0], [0, 1]]}",
     "table custom adjacency matrix list edges manual"),
    ("harmonic", "harmonic", "hardnet"),
    ("fractal", "fractal", "fractalnet"),
    ("random", "{rule: random, model: ws}", "randwire"),
    ("mirror", "mirror", "unet encoderdecoder symmetric"),
    ("entry", "entry", "parallel branches input inception"),
)  # fmt: skip

AGGREGATIONS = (
    ("sum", "sum", "add addition plus elementwiseadd elementwisesum summation"),
    ("running", "running", "residual resnet skip shortcut accumulate cumulative"),
    ("concat", "concat",
     "cat concatenate concatenation stack append join dense densenet channels"),
    ("mean", "mean", "average avg averaging"),
    ("product", "product", "multiply mul times prod hadamard gate"),
    ("max", "max", "maximum maxout"),
    ("weighted", "weighted", "learned denseformer weightedsum"),
    ("attention", "attention", "attend softmax"),
    ("streams", "streams", "hyperconnections"),
)  # fmt: skip

KEYS = (
    ("width", "width",
     "channels outchannels outfeatures filters planes features units dim numfeatures hidden "
     "growth growthrate outputs numclasses"),
    ("kernel", "kernel", "kernelsize ksize poolsize window size"),
    ("stride", "stride", "strides step"),
    ("padding", "padding", "pad"),
    ("groups", "groups", "numgroups cardinality"),
    ("dilation", "dilation", "dilationrate"),
    ("bias", "bias", "usebias"),
    ("inner", "inner", "hidden mid midchannels bottleneck bottleneckwidth squeeze"),
    ("to", "to", "outputsize"),
    ("kind", "kind", "type name"),
    ("rule", "rule", "type kind name"),
    ("base", "base", "c"),
    ("order", "order", "activationorder preactivation preact"),
    ("layers", "layers", "depth numlayers nlayers repeats repeat numblocks blocks n"),
    ("count", "count", "numstages nstages stages number"),
    ("unit", "unit", "block cell module operation op layer"),
    ("connect", "connect", "rule topology connections connectivity edges skip skips links"),
    ("aggregate", "aggregate", "join merge combine fusion reduce operator"),
    ("exit", "exit", "output outputs returns"),
    ("entry", "entry", "first projection"),
    ("between", "between", "transition transitions downsample downsampling"),
    ("stem", "stem", "first initial"),
    ("head", "head", "classifier output top tail"),
    ("stages", "stages", "body backbone blocks layers network architecture"),
    ("input", "input", "inputshape inputsize shape inchannels"),
    ("params", "params", "parameters variables vars hyperparameters settings"),
    ("expect", "expect", "published figures assert expected"),
    ("archdsl", "archdsl: 1", "version"),
    ("name", "name", "title"),
    ("define", "define", "units definitions"),
)  # fmt: skip

RECIPES = (
    ("rate", "rate", "lr learningrate baselr"),
    ("batch", "batch", "batchsize bs"),
    ("epochs", "epochs", "numepochs maxepochs nepochs"),
    ("weight_decay", "weight_decay", "wd l2"),
    ("optimizer", "optimizer", "optim optimiser"),
    ("schedule", "schedule", "scheduler lrscheduler lrschedule"),
    ("augment", "augment", "augmentation augmentations transform transforms"),
    ("data", "data", "dataset"),
    ("accumulate", "accumulate", "accumulation gradaccumulation gradientaccumulationsteps"),
    ("clip", "clip", "gradclip clipgrad clipgradnorm maxgradnorm maxnorm"),
    ("ema", "ema", "modelema averaging"),
    ("label_smoothing", "label_smoothing", "smoothing"),
    ("sync_norm", "sync_norm", "syncbn syncbatchnorm"),
    ("hold_out", "hold_out", "validation holdout valsize"),
    ("precision", "precision", "amp dtype mixedprecision"),
    ("network", "network", "model spec"),
    ("track", "track", "tracker trackers logger loggers"),
    ("bfloat16", "bfloat16", "bf16 amp"),
    ("float16", "float16", "fp16 half"),
    ("float32", "float32", "fp32 float single"),
    ("shift", "shift", "randomcrop crop translate"),
    ("mirror", "mirror", "flip hflip fliplr horizontalflip randomhorizontalflip"),
    ("erase", "erase", "cutout randomerasing"),
    ("steps", "steps", "multistep multisteplr step steplr"),
    ("cosine", "cosine", "cosineannealing cosineannealinglr"),
    ("at", "at", "milestones"),
    ("factor", "factor", "gamma"),
    ("final", "final", "etamin minlr endfactor"),
    ("warmup", "warmup", "warmupsteps warmupepochs"),
    ("pixels", "pixels", "size length padding pad"),
    ("fashion-mnist", "fashion-mnist", "fmnist"),
)  # fmt: skip


def plain(word: str) -> str:
    """Return a word without case, separators and the ending of its dimensions.

    >>> plain("BatchNorm2d"), plain("max_pooling")
    ('batchnorm', 'maxpooling')
    """
    return ENDING.sub("", re.sub(r"[-_ .]", "", word.lower()))


def meant(word: str, allowed: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each word of the language that a foreign word may mean, and what to type.

    Args:
        word: the foreign word.
        allowed: the words, or the keys, that may be written here.
    """
    foreign = plain(word)
    for own in allowed:
        if plain(own) == foreign:
            yield own, own
    for own, text, others in (*RULES, *AGGREGATIONS, *LAYERS, *UNITS, *KEYS, *RECIPES):
        if own in allowed and foreign in others.split():
            yield own, text
