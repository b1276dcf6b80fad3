"""How the names of weights in networks of other libraries become ours.

Each is a list of (their pattern, our template) pairs, used in order, each on the result of the one
before. A number in <> in a template counts from 1 in the other library.
"""

from __future__ import annotations

Names = tuple[tuple[str, str], ...]

RESNET: Names = (
    (r"layer(\d+)\.(\d+)\.", r"stages.<\1>.layers.\2."),
    (r"\.bn(\d)\.", r".norm\1."),
    (r"\.se\.fc(\d)\.", r".gate.conv\1."),
    (r"\.downsample\.0\.", ".projection.conv."),
    (r"\.downsample\.1\.", ".projection.norm."),
    (r"^conv1\.", "stem.conv."),
    (r"^bn1\.", "stem.norm."),
    (r"^fc\.", "head.linear."),
)

REGNET: Names = (
    (r"^stem\.0\.", "stem.conv."),
    (r"^stem\.1\.", "stem.norm."),
    (r"^trunk_output\.block(\d+)\.block\d+-(\d+)\.", r"stages.<\1>.layers.\2."),
    (r"\.proj\.0\.", ".projection.conv."),
    (r"\.proj\.1\.", ".projection.norm."),
    (r"\.f\.a\.0\.", ".conv1."),
    (r"\.f\.a\.1\.", ".norm1."),
    (r"\.f\.b\.0\.", ".conv2."),
    (r"\.f\.b\.1\.", ".norm2."),
    (r"\.f\.se\.fc(\d)\.", r".gate.conv\1."),
    (r"\.f\.c\.0\.", ".conv3."),
    (r"\.f\.c\.1\.", ".norm3."),
    (r"^fc\.", "head.linear."),
)

CONVNEXT: Names = (
    (r"^features\.0\.0\.", "stem.conv."),
    (r"^features\.0\.1\.", "stem.norm."),
    *((rf"^features\.{2 * n + 1}\.", rf"stages.{n}.layers.") for n in range(4)),
    *((rf"^features\.{2 * n + 2}\.0\.", f"between.{n}.norm.") for n in range(3)),
    *((rf"^features\.{2 * n + 2}\.1\.", f"between.{n}.conv.") for n in range(3)),
    (r"\.layer_scale$", ".scale.weight"),
    (r"\.block\.0\.", ".conv1."),
    (r"\.block\.2\.", ".norm."),
    (r"\.block\.3\.", ".conv2."),
    (r"\.block\.5\.", ".conv3."),
    (r"^classifier\.0\.", "head.norm."),
    (r"^classifier\.2\.", "head.linear."),
)


def inverted_residuals(layers: list[int]) -> Names:
    """The units of MobileNetV2, which torchvision numbers throughout the network from 2."""
    places = [
        f"stages.{stage}.{'entry' if unit == 0 else f'layers.{unit - 1}'}"
        for stage, count in enumerate(layers)
        for unit in range(count)
    ]
    return tuple((rf"^features\.{n}\.conv\.", f"{ours}.") for n, ours in enumerate(places, 2))


MOBILENET: Names = (
    (r"^features\.0\.0\.", "stem.conv1."),
    (r"^features\.0\.1\.", "stem.norm1."),
    (r"^features\.1\.conv\.0\.0\.", "stem.conv2."),
    (r"^features\.1\.conv\.0\.1\.", "stem.norm2."),
    (r"^features\.1\.conv\.1\.", "stem.conv3."),
    (r"^features\.1\.conv\.2\.", "stem.norm3."),
    (r"^features\.18\.0\.", "head.conv."),
    (r"^features\.18\.1\.", "head.norm."),
    *inverted_residuals([2, 3, 4, 3, 3, 1]),
    (r"^(stages.*)\.0\.0\.(\w+)$", r"\1.conv1.\2"),
    (r"^(stages.*)\.0\.1\.(\w+)$", r"\1.norm1.\2"),
    (r"^(stages.*)\.1\.0\.(\w+)$", r"\1.conv2.\2"),
    (r"^(stages.*)\.1\.1\.(\w+)$", r"\1.norm2.\2"),
    (r"^(stages.*)\.2\.(\w+)$", r"\1.conv3.\2"),
    (r"^(stages.*)\.3\.(\w+)$", r"\1.norm3.\2"),
    (r"^classifier\.1\.", "head.linear."),
)

VOVNET: Names = (
    *((rf"^stem\.{n}\.conv\.", f"stem.conv{n + 1}.") for n in range(3)),
    *((rf"^stem\.{n}\.bn\.", f"stem.norm{n + 1}.") for n in range(3)),
    (r"\.blocks\.0\.", ".entry."),
    (r"\.blocks\.(\d+)\.", r".layers.<\1>."),
    (r"\.conv_mid\.", ".block.layers."),
    (r"\.conv_concat\.", "."),
    (r"\.bn\.", ".norm."),
    (r"^head\.fc\.", "head.linear."),
)

ESE_VOVNET: Names = ((r"\.attn\.fc\.", ".gate.conv."), *VOVNET)

DPN: Names = (
    (r"^features\.conv1_1\.conv\.", "stem.conv."),
    (r"^features\.conv1_1\.bn\.", "stem.norm."),
    (r"^features\.conv5_bn_ac\.bn\.", "head.norm."),
    *((rf"^features\.conv{n + 2}_1\.c1x1_w_s\d\.", f"stages.{n}.entry.") for n in range(4)),
    *((rf"^features\.conv{n + 2}_(\d+)\.", rf"stages.{n}.layers.<\1>.") for n in range(4)),
    (r"\.c1x1_a\.bn\.", ".norm1."),
    (r"\.c1x1_a\.conv\.", ".conv1."),
    (r"\.c3x3_b\.bn\.", ".norm2."),
    (r"\.c3x3_b\.conv\.", ".conv2."),
    (r"\.c1x1_c\.bn\.", ".norm3."),
    (r"\.c1x1_c\.conv\.", ".conv3."),
    (r"\.bn\.", ".norm."),
    (r"^classifier\.", "head.linear."),
)

EFFICIENTNET: Names = (
    (r"^features\.0\.0\.", "stem.conv1."),
    (r"^features\.0\.1\.", "stem.norm1."),
    (r"^features\.1\.0\.block\.0\.0\.", "stem.conv2."),
    (r"^features\.1\.0\.block\.0\.1\.", "stem.norm2."),
    (r"^features\.1\.0\.block\.1\.fc(\d)\.", r"stem.gate.conv\1."),
    (r"^features\.1\.0\.block\.2\.0\.", "stem.conv3."),
    (r"^features\.1\.0\.block\.2\.1\.", "stem.norm3."),
    (r"^features\.8\.0\.", "head.conv."),
    (r"^features\.8\.1\.", "head.norm."),
    *((rf"^features\.{n + 2}\.0\.block\.", f"stages.{n}.entry.") for n in range(6)),
    *((rf"^features\.{n + 2}\.(\d+)\.block\.", rf"stages.{n}.layers.<\1>.") for n in range(6)),
    (r"\.2\.fc(\d)\.", r".gate.conv\1."),
    (r"^(stages.*)\.0\.0\.(\w+)$", r"\1.conv1.\2"),
    (r"^(stages.*)\.0\.1\.(\w+)$", r"\1.norm1.\2"),
    (r"^(stages.*)\.1\.0\.(\w+)$", r"\1.conv2.\2"),
    (r"^(stages.*)\.1\.1\.(\w+)$", r"\1.norm2.\2"),
    (r"^(stages.*)\.3\.0\.(\w+)$", r"\1.conv3.\2"),
    (r"^(stages.*)\.3\.1\.(\w+)$", r"\1.norm3.\2"),
    (r"^classifier\.1\.", "head.linear."),
)

SHUFFLENET: Names = (
    (r"^conv1\.0\.", "stem.conv."),
    (r"^conv1\.1\.", "stem.norm."),
    (r"^conv5\.0\.", "head.conv."),
    (r"^conv5\.1\.", "head.norm."),
    (r"^fc\.", "head.linear."),
    (r"\.branch1\.0\.", ".parallel.layers.0.conv1."),
    (r"\.branch1\.1\.", ".parallel.layers.0.norm1."),
    (r"\.branch1\.2\.", ".parallel.layers.0.conv2."),
    (r"\.branch1\.3\.", ".parallel.layers.0.norm2."),
    (r"\.branch2\.0\.", ".parallel.layers.1.conv1."),
    (r"\.branch2\.1\.", ".parallel.layers.1.norm1."),
    (r"\.branch2\.3\.", ".parallel.layers.1.conv2."),
    (r"\.branch2\.4\.", ".parallel.layers.1.norm2."),
    (r"\.branch2\.5\.", ".parallel.layers.1.conv3."),
    (r"\.branch2\.6\.", ".parallel.layers.1.norm3."),
    (r"^stage2\.0\.", "stem."),
    *((rf"^stage{n + 3}\.0\.", f"between.{n}.") for n in range(2)),
    *((rf"^stage{n + 2}\.(\d+)\.", rf"stages.{n}.layers.<\1>.") for n in range(3)),
)


def inception_modules(layers: list[int]) -> Names:
    """The modules of GoogLeNet, which torchvision numbers 3a, 3b, 4a and so on."""
    return tuple(
        (rf"^inception{stage + 3}{chr(ord('a') + unit)}\.", f"stages.{stage}.layers.{unit}.branch.")
        for stage, count in enumerate(layers)
        for unit in range(count)
    )


GOOGLENET: Names = (
    *((rf"^conv{n}\.conv\.", f"stem.conv{n}.") for n in (1, 2, 3)),
    *((rf"^conv{n}\.bn\.", f"stem.norm{n}.") for n in (1, 2, 3)),
    *inception_modules([2, 5, 2]),
    (r"\.branch\.branch(1)\.", r".parallel.layers.<\1>."),
    (r"\.branch\.branch(4)\.1\.", r".parallel.layers.<\1>."),
    (r"\.branch\.branch(\d)\.(\d)\.", r".parallel.layers.<\1>.#\2."),
    *((rf"\.#{n}\.conv\.", f".conv{n + 1}.") for n in (0, 1)),
    *((rf"\.#{n}\.bn\.", f".norm{n + 1}.") for n in (0, 1)),
    (r"\.bn\.", ".norm."),
    (r"^fc\.", "head.linear."),
)

RDNET: Names = (
    (r"^stem\.0\.", "stem.conv."),
    (r"^stem\.1\.", "stem.norm."),
    (r"^dense_stages\.0\.0\.", "stages.0."),
    *((rf"^dense_stages\.{n + 1}\.0\.", f"between.{n}.norm.") for n in range(6)),
    *((rf"^dense_stages\.{n + 1}\.1\.", f"between.{n}.conv.") for n in range(6)),
    *((rf"^dense_stages\.{n + 1}\.2\.", f"stages.{n + 1}.") for n in range(6)),
    (r"\.layers\.layers\.0\.", ".conv1."),
    (r"\.layers\.layers\.1\.", ".norm."),
    (r"\.layers\.layers\.2\.", ".conv2."),
    (r"\.layers\.layers\.4\.", ".conv3."),
    (r"\.layers\.layers\.5\.fc\.", ".gate.conv."),
    (r"\.gamma$", ".scale.weight"),
    (r"\.dense_block", ".layers."),
    (r"^head\.fc\.", "head.linear."),
)


def harmonic(ours: str) -> Names:
    """The parts of HarDNet, which its authors number throughout the network.

    Args:
        ours: Our name of each part with weights but the classifier, by number, and "-" for others.
            A convolution and its norm that have the number k in our list end with #k.
    """
    parts = ours.split()
    return (
        (rf"^base\.{len(parts)}\.3\.", "head.linear."),
        *((rf"^base\.{number}\.", f"{part}.") for number, part in enumerate(parts)),
        (r"\.(?:#|layer)(\d)\.(?:dw)?(conv|norm)\.", r".\2\1."),
    )


HARDNET_68 = harmonic("""
    stem.#1 stem.#2 - stages.0 between.0 - stages.1 between.1 stages.2 between.2 -
    stages.3 between.3 - stages.4 head
""")

HARDNET_85 = harmonic("""
    stem.#1 stem.#2 - stages.0 between.0 - stages.1 between.1 stages.2 between.2 -
    stages.3 between.3 stages.4 between.4 - stages.5 - head
""")

HARDNET_39DS = harmonic("""
    stem.#1 stem.#2 stem.#3 stages.0 between.0.#1 between.0.#2 stages.1 between.1.#1 between.1.#2
    stages.2 between.2.#1 between.2.#2 stages.3 head
""")

HARDNET_68DS = harmonic("""
    stem.#1 stem.#2 stem.#3 stages.0 stages.1.layers.0.#1 stages.1.layers.0.#2
    stages.2 stages.3.layers.0 stages.4 stages.5.layers.0.#1 stages.5.layers.0.#2
    stages.6 stages.7.layers.0.#1 stages.7.layers.0.#2 stages.8 head
""")


def tiramisu(levels: int) -> Names:
    """FC-DenseNet: each level of ours is written inside the one around it.

    Args:
        levels: How often the maps are halved.
    """
    deep = [
        "stages.0.layers.1.nest.block.layers.0." + "inner.block.layers.0." * level
        for level in range(levels)
    ]
    return (
        (r"^firstconv\.", "stem.conv."),
        (r"^finalConv\.", "head.conv."),
        (r"^denseBlocksDown\.0\.", "stages.0.layers.0.block."),
        (rf"^denseBlocksUp\.{levels - 1}\.", "stages.0.layers.2.block."),
        (r"^bottleneck\.bottleneck\.", f"{deep[-1]}block."),
        *((rf"^denseBlocksDown\.{n + 1}\.", f"{deep[n]}block1.") for n in range(levels - 1)),
        *((rf"^transDownBlocks\.{n}\.", deep[n]) for n in range(levels)),
        *((rf"^denseBlocksUp\.{n}\.", f"{deep[levels - 2 - n]}block2.") for n in range(levels - 1)),
        *((rf"^transUpBlocks\.{n}\.", deep[levels - 1 - n]) for n in range(levels)),
        (r"\.convTrans\.", ".deconv."),
    )
