"""The mapping between text features x and image features y, in both directions.

Linear: z = W x + b, compared with y by a similarity (the Balloon model). Bilinear: s = x^T W y, full or low-rank;
with W = U V^T the low-rank form is two linear maps into a shared space without offsets. A bilinear score is linear in
y, so it too leaves the stored image vectors alone: z = W^T x, compared by a plain product.
"""

from __future__ import annotations

from enum import StrEnum

import torch
from torch import nn


class Direction(StrEnum):
    """Which side is mapped into the space of the other."""

    TEXT_TO_IMAGE = "text_to_image"
    IMAGE_TO_TEXT = "image_to_text"


class Mapping(nn.Module):
    """Brings texts and photos to where they can be compared.

    ``forward`` takes (N, d_x) text and (M, d_y) image features and returns the two sides, of equal width.
    """

    def __init__(self, text_dim: int, image_dim: int) -> None:
        super().__init__()
        self.text_dim = text_dim
        self.image_dim = image_dim

    def forward(self, texts: torch.Tensor, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both sides in one space."""
        raise NotImplementedError


class LinearMapping(Mapping):
    """z = W x + b into the space of the other side, which stays as it is: the Balloon model."""

    def __init__(self, text_dim: int, image_dim: int, direction: Direction = Direction.TEXT_TO_IMAGE) -> None:
        super().__init__(text_dim, image_dim)
        self.direction = direction
        source, target = text_dim, image_dim
        if direction is Direction.IMAGE_TO_TEXT:
            source, target = image_dim, text_dim
        self.linear = nn.Linear(source, target)

    def forward(self, texts: torch.Tensor, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map one side, leave the other."""
        if self.direction is Direction.TEXT_TO_IMAGE:
            return self.linear(texts), images
        return texts, self.linear(images)


class SharedMapping(Mapping):
    """z = W x + b and u = V y + c: both sides mapped into ``dim`` numbers, with dropout before the image map."""

    def __init__(self, text_dim: int, image_dim: int, dim: int, dropout: float = 0.0) -> None:
        super().__init__(text_dim, image_dim)
        self.text = nn.Linear(text_dim, dim)
        self.image = nn.Linear(image_dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, texts: torch.Tensor, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map both sides."""
        return self.text(texts), self.image(self.dropout(images))


class BilinearMapping(Mapping):
    """s = x^T W y. With ``direction`` text to image the text side becomes W^T x, else the image side becomes W y."""

    def __init__(self, text_dim: int, image_dim: int, direction: Direction = Direction.TEXT_TO_IMAGE) -> None:
        super().__init__(text_dim, image_dim)
        self.direction = direction
        self.weight = nn.Parameter(torch.empty(text_dim, image_dim))
        nn.init.normal_(self.weight, std=(text_dim * image_dim) ** -0.25)

    def forward(self, texts: torch.Tensor, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Put W on one side; the product of the two sides is s either way."""
        if self.direction is Direction.TEXT_TO_IMAGE:
            return texts @ self.weight, images
        return texts, images @ self.weight.T


class LowRankBilinearMapping(Mapping):
    """s = x^T U V^T y with U (d_x, rank) and V (d_y, rank)."""

    def __init__(self, text_dim: int, image_dim: int, rank: int) -> None:
        super().__init__(text_dim, image_dim)
        self.u = nn.Parameter(torch.empty(text_dim, rank))
        self.v = nn.Parameter(torch.empty(image_dim, rank))
        nn.init.normal_(self.u, std=text_dim**-0.5)
        nn.init.normal_(self.v, std=image_dim**-0.5)

    def forward(self, texts: torch.Tensor, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return U^T x and V^T y, whose product is s."""
        return texts @ self.u, images @ self.v
