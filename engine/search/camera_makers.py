"""Chinese names of camera makers: a photo says "Canon" where a person asks for 佳能."""

from __future__ import annotations

_MAKERS = {
    "佳能": ("canon",), "尼康": ("nikon",), "索尼": ("sony",), "富士": ("fuji",), "松下": ("panasonic",),
    "奥林巴斯": ("olympus", "om digital"), "徕卡": ("leica",), "莱卡": ("leica",), "理光": ("ricoh",),
    "宾得": ("pentax",), "哈苏": ("hasselblad",), "适马": ("sigma",), "柯达": ("kodak",), "卡西欧": ("casio",),
    "美能达": ("minolta",), "大疆": ("dji",), "苹果": ("apple", "iphone", "ipad"), "华为": ("huawei",),
    "荣耀": ("honor",), "小米": ("xiaomi", "redmi"), "红米": ("redmi",), "三星": ("samsung",),
    "谷歌": ("google", "pixel"), "一加": ("oneplus",), "真我": ("realme",), "魅族": ("meizu",), "诺基亚": ("nokia",),
    "摩托罗拉": ("motorola",), "联想": ("lenovo",), "中兴": ("zte",), "努比亚": ("nubia",),
}  # fmt: skip


def camera_names(text: str) -> tuple[str, ...]:
    """What a camera may be called that was asked for by ``text``: the text itself, and the makers it is Chinese for."""
    return (text, *_MAKERS.get(text.strip(), ()))
