"""Chinese names of public holidays, for countries whose holidays the ``holidays`` library does not name in Chinese.

What stands in no table keeps its own name: a guess would be wrong in a deadline's explanation.
"""

from __future__ import annotations

import re

_MORE = re.compile(r"(.+?) \((observed|estimated|substitute day)\)")
_SUFFIXES = {"observed": "补假", "estimated": "预计", "substitute day": "补假"}
_NAMES = {
    # many countries
    "All Saints' Day": "诸圣节",
    "Armistice Day": "停战纪念日",
    "Ascension Day": "耶稣升天节",
    "Assumption Of Mary Day": "圣母升天节",
    "Assumption Day": "圣母升天节",
    "Boxing Day": "节礼日",
    "Christmas Day": "圣诞节",
    "Christmas Eve": "平安夜",
    "Corpus Christi": "基督圣体节",
    "Day After Christmas": "圣诞节次日",
    "Easter Monday": "复活节星期一",
    "Easter Sunday": "复活节",
    "Epiphany": "主显节",
    "Good Friday": "耶稣受难日",
    "Holy Thursday": "濯足星期四",
    "Immaculate Conception": "圣母无染原罪节",
    "Labor Day": "劳动节",
    "May Day": "五一节",
    "National Day": "国庆节",
    "New Year Holiday": "新年假日",
    "New Year's Day": "元旦",
    "New Year's Eve": "新年前夜",
    "Pentecost": "圣灵降临节",
    "Pentecost Monday": "圣灵降临节星期一",
    "Republic Day": "共和国日",
    "Saint Stephen's Day": "圣斯德望日",
    "Second Day of Christmas": "圣诞节次日",
    "Victory Day": "胜利日",
    "Whit Monday": "圣灵降临节星期一",
    "Women's Day": "妇女节",
    # the United States
    "Columbus Day": "哥伦布日",
    "Constitution Day": "宪法日",
    "Day After Thanksgiving": "感恩节次日",
    "Election Day": "选举日",
    "Emancipation Day": "解放日",
    "Friday After Thanksgiving": "感恩节次日",
    "Inauguration Day": "总统就职日",
    "Independence Day": "独立日",
    "Indigenous Peoples' Day": "原住民日",
    "Juneteenth National Independence Day": "六月节（全国独立日）",
    "Lincoln's Birthday": "林肯诞辰",
    "Mardi Gras": "油腻星期二",
    "Martin Luther King Jr. Day": "马丁·路德·金纪念日",
    "Memorial Day": "阵亡将士纪念日",
    "Patriots' Day": "爱国者日",
    "Presidents' Day": "总统日",
    "Thanksgiving Day": "感恩节",
    "Veterans Day": "退伍军人节",
    "Washington's Birthday": "华盛顿诞辰",
    # the United Kingdom
    "Battle of the Boyne": "博因河战役纪念日",
    "Coronation of Charles III": "查尔斯三世加冕日",
    "Diamond Jubilee of Elizabeth II": "伊丽莎白二世钻石禧年",
    "Late Summer Bank Holiday": "夏末银行假日",
    "Platinum Jubilee of Elizabeth II": "伊丽莎白二世白金禧年",
    "Saint Andrew's Day": "圣安德鲁日",
    "Saint Patrick's Day": "圣帕特里克节",
    "Spring Bank Holiday": "春季银行假日",
    "State Funeral of Queen Elizabeth II": "伊丽莎白二世国葬日",
    "Summer Bank Holiday": "夏季银行假日",
    "Wedding of William and Catherine": "威廉与凯瑟琳婚礼日",
    # Germany
    "Augsburg Peace Festival": "奥格斯堡和平节",
    "German Unity Day": "德国统一日",
    "Reformation Day": "宗教改革日",
    "Repentance and Prayer Day": "忏悔祈祷日",
    "World Children's Day": "世界儿童日",
    # Japan
    "Autumnal Equinox Day": "秋分日",
    "Children's Day": "儿童节",
    "Coming of Age Day": "成人节",
    "Culture Day": "文化日",
    "Emperor's Birthday": "天皇诞辰",
    "Emperor's Enthronement Day": "天皇即位日",
    "Foundation Day": "建国纪念日",
    "Greenery Day": "绿之日",
    "Labor Thanksgiving Day": "勤劳感谢日",
    "Marine Day": "海之日",
    "Mountain Day": "山之日",
    "National Holiday": "国民休息日",
    "Physical Education Day": "体育节",
    "Respect for the Aged Day": "敬老日",
    "Showa Day": "昭和日",
    "Sports Day": "体育日",
    "Substitute Holiday": "补假",
    "Vernal Equinox Day": "春分日",
}


def in_chinese(name: str) -> str:
    """The Chinese of an English name; several on one day each by itself, what is not known as it is."""
    return "；".join(_one(part) for part in name.split("; "))


def _one(name: str) -> str:
    more = _MORE.fullmatch(name)
    if more is None:
        return _NAMES.get(name, name)
    return f"{_NAMES[more[1]]}（{_SUFFIXES[more[2]]}）" if more[1] in _NAMES else name
