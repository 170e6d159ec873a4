"""The model card as people read it: recipe, data with licences, all figures, known weak spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from engine.training.features import best_device
from engine.training.rounding import DEPTHWISE_STEPS, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.training.workshop import JointPlan, Settings, Workshop

SOURCES: tuple[dict[str, str], ...] = (
    {"name": "EfficientNet-Lite0 (ImageNet weights), base of the image tower", "licence": "Apache-2.0"},
    {"name": "all-MiniLM-L6-v2, teacher and starting point of the text tower", "licence": "Apache-2.0"},
    {
        "name": "COCO train2017, a sample of photos and captions",
        "licence": "Flickr terms of each photo; texts CC BY 4.0",
    },
    {"name": "UIUC Pascal Sentences", "licence": "research"},
    {"name": "Unsplash photos and Unsplash Lite descriptions", "licence": "Unsplash licence"},
    {"name": "UIT-ViIC (COCO sports photos)", "licence": "Flickr terms of each photo"},
    {"name": "Landscape pictures (Flickr photos from an MIT repository)", "licence": "Flickr terms of each photo"},
    {"name": "Oxford 102 flowers", "licence": "research"},
    {"name": "100 sports, 22 animals", "licence": "MIT repositories"},
    {"name": "Caltech-101, Corel 5k, houses, CMU scenes, weather", "licence": "research"},
    {"name": "Clothing dataset", "licence": "CC0"},
    {"name": "ImageNet sample and Tiny ImageNet", "licence": "ImageNet research terms"},
    {"name": "Multi30k, Flickr8k and Flickr8k-CN texts", "licence": "research"},
)

WORTH_POINTS = 3  # of R@1: less does not pay for a third graph

WEAK_SPOTS = """\
- Counting, left and right, who does what to whom: the vector of a photo is a mean over its parts.
- Text in photos, names of people and places, brands: never learned.
- Small things in a wide scene: the tower sees 288 x 288 pixels, to which a long panorama is pressed.
- Rare words, in Chinese more than in English: the Chinese side was taught by 120,000 sentences, most of them about
  people, dogs and sports; machine-translated ones are stiff.
- Queries that fit nothing still have a nearest photo: heed the confidence.
- The photos are mostly everyday scenes of the western web; faces, medicine, documents and drawings are outside of it.
"""


def card_text(shop: Workshop) -> str:
    """Write the whole card from the figures in the work folder."""
    parts = [
        "# balloon-mini",
        "The model that comes with Balloon: finds photos by English and Chinese texts, offline, on a CPU. Apache-2.0.",
        "## Figures on test photos",
        _test(shop.noted("test")),
        "## Figures on the held-out tenth of the training captions",
        _held_out(shop),
        "## Recipe",
        _recipe(shop),
        "## Size and speed",
        _sizes(shop),
        "## Seeing the whole photo",
        _views(shop.noted("one_view"), shop.noted("large_view")),
        "## Mapping, loss, similarity",
        _comparison(shop.noted("comparison")),
        "## Recall by number of pairs",
        _curve(shop.noted("curve")),
        "## Re-ranking by attention",
        _fusion(shop.noted("fusion")),
        "## Data and licences",
        "\n".join(f"- {source['name']}: {source['licence']}" for source in SOURCES),
        "## Known weak spots",
        WEAK_SPOTS.strip(),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    names = list(head)
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines)


def _shares(row: dict[str, float]) -> str:
    return f"{row['r1']:.3f} / {row['r5']:.3f} / {row['r10']:.3f}"


def _both(figures: dict[str, dict[str, float]]) -> list[str]:
    return [_shares(figures["text_to_image"]), _shares(figures["image_to_text"])]


def _test(figures: dict[str, Any] | None) -> str:
    if not figures:
        return "Not measured in this run."
    rows = [[name, *_both(figures["fields"][name])] for name in figures["fields"]]
    head = ("texts", "text to photo, R@1 / R@5 / R@10", "photo to text")
    return f"{figures['photos']} photos that training never saw, checked by perceptual hash.\n\n" + _table(head, rows)


def _held_out(shop: Workshop) -> str:
    names = {
        "baseline": "frozen EfficientNet-Lite0, the teacher's text vectors, linear mapping",
        "image": "late image stages fine-tuned against the teacher's vectors",
        "image_both": "fine-tuned further in both languages, taught text tower, linear mapping",
        "text": "text tower trained end to end",
        "one_view": "late image stages taught to see the whole photo in one view",
        "large_view": "late image stages taught to see it larger",
        **{f"member_{number}": f"both towers together, from pixels, pair {number + 1}" for number in range(9)},
        "joint": "the mean of the pairs' weights",
        "aims": "the mean vector of all pairs and looks, which the last stage aims at",
    }
    rows = []
    for stage, name in names.items():
        figures = shop.noted(stage) or {}
        rows += [[name, language, *_both(figures[language])] for language in ("en", "zh") if language in figures]
    head = ("stage", "language", "text to photo, R@1 / R@5 / R@10", "photo to text")
    return f"{len(shop.split.held_out)} photos, never trained on.\n\n" + _table(head, rows)


def _views(one_view: dict[str, Any] | None, large: dict[str, Any] | None) -> str:
    if not one_view or not large:
        return "Not measured in this run."
    seen = {
        "centre, 224 pixels": one_view["before"]["centre"],
        "whole, 224": one_view["before"]["whole"],
        "both": one_view["before"]["both"],
        "whole, 224, after learning from both": one_view,
        "whole, larger": large["before"]["larger"],
        "three looks: centre, whole at 320, whole mirrored": large["before"]["looks"],
        "whole, larger, after learning from three looks": large,
    }
    rows = [
        [name, *(_shares(figures[language]["text_to_image"]) for language in ("en", "zh"))]
        for name, figures in seen.items()
    ]
    told = "The vectors of several looks are averaged; each costs a run of the image tower. Text to photo."
    return f"{told}\n\n{_table(('view', 'English R@1 / R@5 / R@10', 'Chinese'), rows)}"


def _recipe(shop: Workshop) -> str:
    settings = shop.settings
    image, text, lecture = settings.image_course, settings.text_course, settings.lecture
    one_view = settings.one_view_course
    return "\n".join(
        [
            "`python -m engine.training.mini --data PACK --work FOLDER --out PACKAGE`, seed "
            f"{settings.seed}; the stages in order:",
            "",
            f"1. Vocabulary: {settings.vocabulary:,} word pieces of both languages, Chinese by characters.",
            f"2. Text tower: {len(settings.teacher_layers)} Transformer layers, started from layers "
            f"{', '.join(map(str, settings.teacher_layers))} of all-MiniLM-L6-v2, taught by it with "
            f"{lecture.presentations:,} sentences shown, {lecture.chinese:.0%} of them Chinese (aiming at the vector "
            "of their English partner).",
            f"3. Views: {settings.captioned_views.views} of each captioned and {settings.labelled_views.views} of each "
            "labelled photo, through the fixed first blocks of EfficientNet-Lite0.",
            "4. Baseline: standardised frozen features, linear mappings, symmetric cross-entropy.",
            f"5. Image tower: blocks from {settings.open_from} on, head and mapping, {image.epochs} epochs, English "
            f"captions and labels together, {image.soft:.0%} of the target given to photos with like captions, weights "
            f"averaged; then {settings.further_course.epochs} epochs with captions in both languages.",
            f"6. Text tower with its mapping: {text.epochs} epochs on captions in both languages, labels and the "
            "teacher's sentences beside them, words left out at random, weights averaged.",
            f"7. Image tower, {one_view.epochs} epochs: late stages taught to give from the whole photo, squashed, the "
            "mean of the vectors of whole photo and centre, captions and labelled photos beside; taken where it does "
            "better on the held-out photos than the centre alone.",
            f"8. Image tower, {settings.large_view_course.epochs} epochs: the same from the whole photo at "
            f"{settings.large_captioned_views.size} pixels, aiming at the mean of the vectors of three looks (centre "
            "at 224, whole at 320, whole and mirrored at 288); taken where it does better on the held-out photos than "
            "all before.",
            *_joint_recipe(settings.joint),
            _rounding_recipe(settings),
            "Then ONNX: text tower with int8 weights (computing in float32); image tower int8 (static) where that "
            "finds about as much on the held-out photos, else float16 on disk.",
            *_minutes(shop.noted("seconds")),
        ]
    )


def _minutes(seconds: dict[str, float] | None) -> list[str]:
    """What the stages took, but for the last: that one writes this."""
    taken = {name: value / 60 for name, value in (seconds or {}).items() if name != "package"}
    if not taken:
        return []
    machine = f"the last of them on {best_device().type.upper()} with {torch.get_num_threads()} threads"
    each = ", ".join(f"{name} {minutes:.1f}" for name, minutes in taken.items())
    return [
        "",
        f"Minutes of the stages ({machine}), writing the package left out: {each}; {sum(taken.values()):.0f} in all.",
    ]


def _joint_recipe(plan: JointPlan | None) -> list[str]:
    """The stages that only a GPU runs."""
    if plan is None:
        return []
    course = plan.courses[0]
    rates = ", ".join(f"{one.image_rate:g}" for one in plan.courses)
    return [
        f"9. On a GPU, both towers together and end to end from pixels: {len(plan.courses)} pairs (seeds of their "
        f"own, image rates {rates}), image blocks from {plan.open_from} on, {course.epochs} epochs, random views of "
        f"whole photos, {course.soft:.0%} of the target given to photos with like captions, sentences held near to the "
        "vectors they had, weights averaged; then the mean of the pairs' weights, taken where it does better on the "
        "held-out photos.",
    ]


def _rounding_recipe(settings: Settings) -> str:
    course = settings.rounding_course
    aim = "what the stage before aimed at"
    if settings.joint is not None:
        aim = "the mean vector of all pairs, each shown the photo whole, mirrored, at 320 pixels and its centre"
    return (
        f"10. Image tower, {course.epochs} epochs: weights rounded to {STEPS} steps either way of each channel's scale "
        f"({DEPTHWISE_STEPS} in depthwise convolutions) whenever they are used, aiming at {aim}, the texts beside."
    )


def _sizes(shop: Workshop) -> str:
    images, texts = shop.noted("image_sizes"), shop.noted("text_sizes")
    rows = []
    for name in ("float32", "float16 on disk", "int8, static"):
        facts = images[name]
        cells = [_shares(facts["recall"][language]["text_to_image"]) for language in ("en", "zh")]
        rows.append(
            [f"image, {name}", f"{facts['byte_size'] / 1e6:.1f} MB", f"{facts['photos_per_second']} photos/s", *cells]
        )
    for name in ("float32", "int8 weights"):
        facts = texts[name]
        cells = [_shares(facts["recall"][language]["text_to_image"]) for language in ("en", "zh")]
        rows.append([f"text, {name}", f"{facts['byte_size'] / 1e6:.1f} MB", f"{facts['milliseconds']} ms", *cells])
    head = ("tower", "size", "speed on 2 cores", "English R@1 / R@5 / R@10", "Chinese")
    return "Recall on the held-out photos, text to photo.\n\n" + _table(head, rows)


def _comparison(rows: list[dict[str, Any]] | None) -> str:
    if not rows:
        return "Not measured in this run."
    head = ("mapping", "loss", "similarity", "text to photo, R@1 / R@5 / R@10", "photo to text")
    cells = [[row["mapping"], row["loss"], row["similarity"], *_both(row)] for row in rows]
    told = (
        "Frozen image features and taught text tower; the same pairs, seed, learning rate, margin of 0.2 and epochs "
        "for all, chosen for cosine: distances and divergences would want their own. Held-out photos, both languages."
    )
    return f"{told}\n\n{_table(head, cells)}"


def _curve(points: list[dict[str, Any]] | None) -> str:
    if not points:
        return "Not measured in this run."
    head = ("photos", "pairs", "text to photo, R@1 / R@5 / R@10", "photo to text")
    cells = [[f"{point['photos']:,}", f"{point['pairs']:,}", *_both(point)] for point in points]
    return "Frozen features, linear mapping on both sides; held-out photos.\n\n" + _table(head, cells)


def _fusion(figures: dict[str, Any] | None) -> str:
    if not figures:
        return "Not measured in this run."
    before, after = figures["before"], figures["after"]
    gain = 100 * (after["text_to_image"]["r1"] - before["text_to_image"]["r1"])
    verdict = "worth it" if gain >= WORTH_POINTS else "not worth its cost, so it is not part of the package"
    head = ("", "text to photo, R@1 / R@5 / R@10", "photo to text")
    table = _table(head, [["recall alone", *_both(before)], ["first 20 re-ranked", *_both(after)]])
    told = f"Multi-head attention between words and the grid, trained on {figures['photos']:,} photos"
    return f"{told}: {gain:+.1f} points of R@1, {verdict}. Captions of both languages together.\n\n{table}"
