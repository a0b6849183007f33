"""FEEL's diagnostics and errors in Simplified Chinese: a message is matched with its template and filled in again."""

from __future__ import annotations

import re
from functools import cache

_KINDS = {
    "numbers": "数字",
    "strings": "字符串",
    "contexts": "上下文",
    "number": "数字",
    "string": "字符串",
    "boolean": "布尔值",
    "date": "日期",
    "time": "时间",
    "date and time": "日期时间",
    "years and months duration": "年月时长",
    "days and time duration": "日时时长",
    "date or date and time": "日期或日期时间",
    "value with an order": "可比较的值",
    "duration": "时长",
    "list": "列表",
    "context": "上下文",
    "range": "区间",
    "function": "函数",
    "null": "空值",
    "position": "位置",
    "start position": "起始位置",
    "length": "长度",
    "scale": "小数位数",
    "year": "年",
    "month": "月",
    "day": "日",
    "none": "无",
    "a name": "名称",
    "a value": "值",
    "a string": "字符串",
    "a list": "列表",
    "an expression": "表达式",
    "the function": "该函数",
    "a value compared": "所比较的值",
    "a value's depth": "值的嵌套",
    "a list of different contexts, dates or lists": "由不同上下文、日期或列表组成的列表",
    "an operator or the end of the text": "运算符或文本结尾",
    "fewer comparisons in a row": "更少的连续比较",
    "fewer steps in a row": "更少的连续访问",
    "a type such as number, string or list<number>": "类型，例如 number、string 或 list<number>",
    "a FEEL body": "FEEL 函数体",
    "a smaller number": "更小的数字",
    "'(' as in not(a)": "“(”，写作 not(a)",
    "a value; equality is a single '='": "值；相等用一个“=”",
    'a value; text is written in double quotes "…"': '值；文本写在双引号 "…" 中',
    'plain quotes "': '英文引号 "',
    'a closing "': '右引号 "',
}

# English => 中文, most telling first; {} is filled in, in the same order or by number.
_TEMPLATES = """
FEEL, line {}, column {}: {}. => FEEL 第 {} 行第 {} 列：{}。
FEEL: {} is too large. => FEEL：{}过大。
FEEL: more than {} steps. => FEEL：超过 {} 步。
FEEL: took longer than {} s. => FEEL：用时超过 {} 秒。
FEEL: functions nested more than {} calls deep. => FEEL：函数嵌套调用超过 {} 层。
FEEL: the text is nested too deeply. => FEEL：文本嵌套过深。
FEEL: the pattern needs too many steps on this text. => FEEL：该正则表达式在此文本上需要过多步骤。
FEEL: there is no kind of program {}. => FEEL：没有程序类型 {}。
Expected {}. => 此处应为{}。
Correct the expression at this place. => 请修改此处的表达式。
Iterate over fewer values. => 请减少循环的数量。
Simplify the pattern. => 请简化正则表达式。
End the recursion earlier. => 请更早结束递归。
Work on fewer or smaller values. => 请使用更少或更小的值。
Use {}. => 请使用 {}。
Split it. => 请拆分。
{} is not expected here => 此处不应出现 {}
the text ends too early => 文本过早结束
nested more than {} levels deep => 嵌套超过 {} 层
too tangled to read => 过于复杂，无法读取
the character {} means nothing in FEEL => 字符 {} 在 FEEL 中没有意义
the text is longer than {} characters => 文本超过 {} 个字符
the string is not closed => 字符串没有结束
the comment is not closed => 注释没有结束
external functions (Java, PMML) are refused: {} => 不接受外部函数（Java、PMML）：表达式不能离开 FEEL
there is no '{}' here => 此处没有“{}”
there is no function '{}' => 没有函数“{}”
there is no type '{}' => 没有类型“{}”
there is no position {} in a list of {} => 位置 {} 不在有 {} 项的列表中
there is no time zone {} => 没有时区 {}
there is no month {} => 没有 {} 月
there is no day {} in month {} of {} => {2} 年 {1} 月没有 {0} 日
there is no such time of day => 没有这样的时刻
there is no flag {}; known are s, m, i, x and q => 没有标志 {}；可用 s、m、i、x、q
'-' needs a number or a duration, not {} => “-”需要数字或时长，而不是{}
'satisfies' needs true or false, not {} => “satisfies”需要 true 或 false，而不是{}
'between' cannot compare {} with {} and {} => “between”不能将{}与{}和{}比较
'in': whether the {} fits cannot be said => “in”：无法判断该{}是否符合
'{}' needs true or false, not {} => “{}”需要 true 或 false，而不是{}
'{}' cannot compare {} with {} => “{}”不能将{}与{}比较
'{}' alone is not a value => 单独的“{}”不是值
a range from {} to {} cannot be made => 无法构成从{}到{}的区间
whether a {} lies from {} to {} is not known => 无法判断{}是否介于{}与{}之间
a key is given twice => 键重复
a filter needs true, false or a position, not {} => 过滤条件需要 true、false 或位置，而不是{}
a key is a {}, it must be a string => 键是{}，应为字符串
a range has only one end => 区间只有一端
a range cannot be filtered => 区间不能过滤
a {} cannot be called => {}不能被调用
a {} has no '{}' => {}没有“{}”
a {} is not a {} => {}不是 {}
argument '{}' is null, it must be a {} => 参数“{}”为空，应为{}
argument '{}' is a {}, it must be a {} => 参数“{}”是{}，应为{}
argument '{}' is null => 参数“{}”为空
cannot be called => 无法调用
names an argument twice => 参数重复
needs an argument named '{}' => 缺少参数“{}”
has no argument named '{}' (it has {}) => 没有参数“{}”（可用：{}）
takes the arguments {}, not {} => 参数应为 {}，而不是 {}
takes {} or more arguments, not {} => 至少需要 {} 个参数，而不是 {} 个
takes {} to {} arguments, not {} => 需要 {} 至 {} 个参数，而不是 {} 个
takes {} arguments, not {} => 需要 {} 个参数，而不是 {} 个
takes {} argument, not {} => 需要 {} 个参数，而不是 {} 个
takes {} argument{}, not {} => 需要 {0} 个参数，而不是 {2} 个
takes {}, not {} => 需要 {}，而不是 {} 个
the list of keys is empty => 键的列表为空
the list is empty => 列表为空
the list holds fewer than two numbers => 列表中的数字少于两个
the list holds a {}, all must be {} => 列表中有{}，应全部为{}
the list holds a {}, which has no order => 列表中有{}，无法排序
the context has no entry {} => 上下文没有条目 {}
the context has no context at {} => 上下文在 {} 处没有上下文
the path leads nowhere => 路径不存在
each entry must be a context with a string 'key' and a 'value' => 每个条目都必须是含字符串“key”和“value”的上下文
the key {} is given twice => 键 {} 重复
the ends of the range must be literals => 区间两端必须是字面值
the ends of the range are null or of different kinds => 区间两端为空或类型不同
the ends must be whole numbers => 两端必须是整数
the range ends before it starts => 区间的终点在起点之前
the range has no first or no last value => 区间没有首值或末值
the grouping separator must be a space, a comma or a period => 分组符必须是空格、逗号或句点
the decimal separator must be a comma or a period => 小数点必须是逗号或句点
the two separators are the same => 两个分隔符相同
the text is too long for a number => 文本过长，不是数字
the offset is more than 18 hours => 时差超过 18 小时
the position {} lies outside of the list of {} => 位置 {} 不在有 {} 项的列表中
the start position is 0; the first character is at 1 => 起始位置为 0；第一个字符的位置是 1
the start position {} lies outside of the string => 起始位置 {} 不在字符串中
the length is less than 1 => 长度小于 1
the length {} is less than 1 or reaches beyond the list => 长度 {} 小于 1 或超出列表
the function gives a {}, it must give a boolean => 函数的结果是{}，应为布尔值
the scale must be between -6111 and 6176 => 小数位数必须在 -6111 与 6176 之间
the divisor is zero => 除数为零
the number is negative => 数字为负
the number is not positive => 数字不为正
the number is out of range => 数字超出范围
the duration is out of range => 时长超出范围
the year {} is out of range => 年份 {} 超出范围
the {} is too large => {}过大
the pattern asks for characters of {}, which is no category or block => 正则表达式要求 {} 类字符，没有这一类别
the pattern has an escape {} that means nothing => 正则表达式中的转义 {} 没有意义
the pattern has a subtraction that does not end its class => 正则表达式中的字符类减法不在末尾
the pattern has a range of characters that ends before it starts => 正则表达式中的字符范围颠倒
the pattern has a '[' inside a class; write {} => 正则表达式的字符类中有“[”；请写作 {}
the pattern has a '{' that begins no repetition; write {} => 正则表达式中的“{”不是重复次数；请写作 {}
the pattern has a repetition that ends before it starts => 正则表达式中的重复次数颠倒
the pattern has a '(' that is not closed => 正则表达式中的“(”没有结束
the pattern has a '[' that is not closed => 正则表达式中的“[”没有结束
the pattern has a {} without {…} => 正则表达式中的 {} 缺少 {…}
the pattern has a {} with nothing to repeat => 正则表达式中的 {} 没有可重复的内容
the pattern has a {} that closes nothing; write {} => 正则表达式中的 {} 没有对应的开头；请写作 {}
the pattern has a {} too many at {} => 正则表达式第 {1} 个字符处多了 {0}
the pattern is nested too deeply => 正则表达式嵌套过深
the pattern repeats a repetition; use a group => 正则表达式重复了重复次数；请使用分组
the pattern repeats more than {} times => 正则表达式重复超过 {} 次
the pattern looks ahead or names a group: XPath has no (?…) but (?:…) => 不支持前瞻或命名分组：XPath 只有 (?:…)
the pattern refers to a group {} that is not there yet => 正则表达式引用了尚不存在的分组 {}
the pattern refers back to a group and could take too long; write it without => 反向引用可能耗时过长；请改写
the pattern is too large => 正则表达式过大
the pattern is longer than {} characters => 正则表达式超过 {} 个字符
the pattern matches the empty string => 正则表达式匹配空字符串
the replacement has a dollar without the number of a group; write {} => 替换文本中的美元符号后没有分组号；请写作 {}
the replacement has a backslash before neither a backslash nor a dollar => 反斜杠后须是反斜杠或美元符号
cannot count from {} to {} => 不能从{}数到{}
null cannot be gone through => 不能遍历空值
null cannot be filtered => 空值不能过滤
division by zero => 除数为零
{} and {} have no order => {}与{}无法比较大小
{} and {} do not fit => {}与{}不匹配
{} is not a date and time such as 2020-01-31T10:15:30 => {} 不是日期时间，例如 2020-01-31T10:15:30
{} is not a date such as 2020-01-31 => {} 不是日期，例如 2020-01-31
{} is not a time such as 10:15:30 => {} 不是时间，例如 10:15:30
{} is not a time of day => {} 不是一天中的时刻
{} is not a duration such as P1Y2M or P3DT4H => {} 不是时长，例如 P1Y2M 或 P3DT4H
{} has no such offset from UTC => {} 没有这样的时差
{} is not a number => {} 不是数字
{} is not a range such as [1..10] => {} 不是区间，例如 [1..10]
the end of the range has no order => 区间的端点无法排序
the text is too long for a range => 文本过长，不能作为区间
a name, then {} => 名称，然后是 {}
{} of a range => 区间的 {}
{} at the end of the range => 区间结尾的 {}
'{}': {} => “{}”：{}
{}: {} => {=}：{}
"""


@cache
def _table() -> tuple[tuple[re.Pattern[str], str], ...]:
    rows = []
    for line in _TEMPLATES.strip().splitlines():
        english, _, text = line.partition(" => ")
        rows.append((re.compile(re.escape(english).replace(r"\{\}", "(.+?)"), re.DOTALL), text))
    return tuple(rows)


def chinese(message: str) -> str:
    """The message in Simplified Chinese; what has no translation stays as it is."""
    known = _KINDS.get(message)
    if known is not None:
        return known
    for english, text in _table():
        found = english.fullmatch(message)
        if found is not None:
            return _filled(text, found.groups())
    return message


def _filled(text: str, parts: tuple[str, ...]) -> str:
    """The template with its parts: translated, but raw in quotes and where it says ``{=}``."""
    rest = iter(parts)

    def slot(found: re.Match[str]) -> str:
        part = parts[int(found[2])] if found[2] else next(rest)
        return f"“{part}”" if found[1] else part if found[0] == "{=}" else chinese(part)

    return re.sub(r"(“\{\}”)|\{(\d?)=?\}", slot, text)
