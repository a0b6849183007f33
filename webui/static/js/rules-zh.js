// The editor's own words in Simplified Chinese; what is missing here stays English.
const PAIRS = `
Add cell description=添加单元格说明|Add input column left=在左侧添加输入列|Add input column right=在右侧添加输入列|Add input=添加输入
Add output column left=在左侧添加输出列|Add output column right=在右侧添加输出列|Add output=添加输出|Add predefined values=添加预设值
Add rule above=在上方添加规则|Add rule below=在下方添加规则|Add rule=添加规则|Add text annotation=添加文字注释|Add values=添加值
After=晚于|And=且|Annotation=说明|Annotations=说明|Append business knowledge model=追加业务知识模型|Append decision=追加决策
Append input data=追加输入数据|Append knowledge source=追加知识来源|Before=早于|Between=介于|Boolean value=布尔值
Change cell expression language=更改单元格表达式语言|Change type=更改类型|Clear predefined values=清除预设值|Comparison operator=比较运算符
Comparison=比较|Connect to other element=连接到其他元素|Copy input column=复制输入列|Copy output column=复制输出列|Copy rule=复制规则
Create decision=新建决策|Create input data=新建输入数据|Create knowledge model=新建知识模型|Create knowledge source=新建知识来源
Custom values=自定义值|Cut input column=剪切输入列|Cut output column=剪切输出列|Cut rule=剪切规则|Date and time value=日期时间值
Date and time=日期时间|Date value=日期值|Date=日期|Decision name=决策名称|Decision name: =决策名称：|Definition ID=模型标识|Definition name=模型名称
Delete=删除|Duration value=时长|Edit=编辑|Edit boolean=编辑布尔值|Edit date=编辑日期|Edit date and time=编辑日期时间|Edit duration=编辑时长
Edit input=编辑输入|Edit number=编辑数字|Edit output=编辑输出|Edit string=编辑文本|Edit time=编辑时间|End date=结束日期|End time=结束时间
End value=结束值|Enter expression=输入表达式|Equals=等于|Exactly=恰好|Exclude=不含|Expression=表达式|Expression language=表达式语言
Expression language:=表达式语言：|Greater=大于|Greater or equals=大于等于|Hit policy=命中策略|Hit policy:=命中策略：|Include=包含
Input=输入|Input expression=输入表达式|Input expression: =输入表达式：|Input label=输入标签|Input label: =输入标签：|Input type=输入类型
Input values=输入值|Less=小于|Less or equals=小于等于|Literal expression editor=文字表达式编辑器|Match none=都不匹配|Match one=匹配其一
Move rule=移动规则|No=否|No values=没有值|Output=输出|Output label=输出标签|Output label: =输出标签：|Output name=输出名称|Output name: =输出名称：
Output type=输出类型|Output values=输出值|Paste input column left=在左侧粘贴输入列|Paste input column right=在右侧粘贴输入列
Paste output column left=在左侧粘贴输出列|Paste output column right=在右侧粘贴输出列|Paste rule above=在上方粘贴规则|Paste rule below=在下方粘贴规则
Predefined values=预设值|Range=范围|Range end value=范围终值|Range start value=范围起值|Remove cell description=删除单元格说明
Remove input column=删除输入列|Remove output column=删除输出列|Remove rule=删除规则|Resize=调整大小|Set date=设置日期|Set date and time=设置日期时间
Set duration=设置时长|Set time=设置时间|Set value=设置值|Start date=开始日期|Start time=开始时间|Start value=起值|String value=文本值
Strings must be in double quotes=文本须加双引号|Test type=测试类型|Then=则|Time=时间|Time value=时间值|Type=类型|Use now=使用当前时间|Use today=使用今天
Value=值|Values=值|Variable name=变量名|Variable name:=变量名：|When=当|Yes=是
Unique=唯一|First=首个|Priority=优先级|Any=任意|Collect=收集|Rule order=规则顺序|Output order=输出顺序
Collect (Sum)=收集（求和）|Collect (Min)=收集（最小）|Collect (Max)=收集（最大）|Collect (Count)=收集（计数）
Activate hand tool=启用抓手工具|Activate lasso tool=启用框选工具|Add parameter=添加参数|Decision table=决策表|Edit end date=编辑结束日期
Edit end date and time=编辑结束日期时间|Edit end time=编辑结束时间|Edit formal parameters=编辑形式参数|Edit function kind=编辑函数类型
Edit start date=编辑开始日期|Edit start date and time=编辑开始日期时间|Edit start time=编辑开始时间|Editing not supported for set expression language=不支持编辑此表达式语言
Element name=元素名称|Empty=空|End date and time=结束日期时间|Kind=种类|Literal expression=文字表达式|Move Input=移动输入列|Move Output=移动输出列
Powered by bpmn.io=由 bpmn.io 提供|Open decision table=打开决策表|Open literal expression=打开文字表达式|Range end operator=范围终止运算符|Range start operator=范围起始运算符
Remove item=移除此项|Remove parameter=删除参数|Result=结果|Result type=结果类型|Search in diagram=在图中搜索|Start date and time=开始日期时间
Variable type=变量类型|Variable type:=变量类型：|View DRD=查看决策关系图|name=名称|string=文本|number=数字|boolean=是或否|date=日期|time=时间|dateTime=日期时间
dayTimeDuration=时长（天与时间）|yearMonthDuration=时长（年与月）
No overlap is possible and all rules are disjoint. Only a single rule can be matched=规则互不重叠，最多只有一条适用
Rules may overlap. The first matching rule will be chosen=规则可以重叠，取第一条适用的规则|Rules may overlap. Their output have to match=规则可以重叠，但输出必须一致
Rules may overlap. The one with the highest priority will be chosen=规则可以重叠，取优先级最高的规则
Collects the values of all matching rules=收集所有适用规则的值|Collects the values of all matching rules and counts the number of them=统计所有适用规则的数量
Collects the values of all matching rules and sums up to a single value=将所有适用规则的值求和|Collects the values of all matching rules in rule order=按规则顺序收集所有适用规则的值
Collects the values of all matching rules and uses the highest value=取所有适用规则中的最大值|Collects the values of all matching rules and uses the lowest value=取所有适用规则中的最小值
Collects the values of all matching rules in decreasing output priority order=按输出优先级从高到低收集所有适用规则的值
`;
const words = new Map(
  PAIRS.trim()
    .split(/[|\n]/)
    .map((pair) => [pair.slice(0, pair.lastIndexOf('=')), pair.slice(pair.lastIndexOf('=') + 1)]),
);

/** dmn-js' translate: a text with {places}. */
export const translate = (text, values = {}) =>
  (words.get(text) ?? text).replace(/\{([^}]+)\}/g, (_, name) => values[name] ?? `{${name}}`);
