<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>Figures</name>
    <message>
        <source>|M|</source>
        <translation>|M|</translation>
    </message>
    <message>
        <source>M</source>
        <translation>M</translation>
    </message>
    <message>
        <source>Δ</source>
        <translation>Δ</translation>
    </message>
    <message>
        <source>to each position</source>
        <translation>去往每个位置</translation>
    </message>
    <message>
        <source>from each position</source>
        <translation>来自每个位置</translation>
    </message>
    <message>
        <source>Implicit attention of %1</source>
        <translation>%1 的隐式注意力</translation>
    </message>
    <message>
        <source>‖M·u − y‖/‖y‖ = %1</source>
        <translation>‖M·u − y‖/‖y‖ = %1</translation>
    </message>
    <message>
        <source>all scans</source>
        <translation>所有扫描</translation>
    </message>
    <message>
        <source>scan %1</source>
        <translation>扫描 %1</translation>
    </message>
    <message>
        <source>mean of %1 tokens</source>
        <translation>%1 个词元的平均</translation>
    </message>
    <message>
        <source>mean of %1 channels</source>
        <translation>%1 个通道的平均</translation>
    </message>
    <message>
        <source>token %1</source>
        <translation>词元 %1</translation>
    </message>
    <message>
        <source>channel %1</source>
        <translation>通道 %1</translation>
    </message>
    <message>
        <source>channel</source>
        <translation>通道</translation>
    </message>
    <message>
        <source>token (%1, %2)</source>
        <translation>词元 (%1, %2)</translation>
    </message>
    <message>
        <source>step %1</source>
        <translation>第 %1 步</translation>
    </message>
    <message>
        <source>completeness gap %1 %</source>
        <translation>完备性误差 %1 %</translation>
    </message>
    <message>
        <source>faithfulness %1 over chance</source>
        <translation>忠实度高出随机 %1</translation>
    </message>
    <message>
        <source>gradient × input</source>
        <translation>梯度 × 输入</translation>
    </message>
    <message>
        <source>integrated gradients</source>
        <translation>积分梯度</translation>
    </message>
    <message>
        <source>Grad-CAM</source>
        <translation>Grad-CAM</translation>
    </message>
    <message>
        <source>occlusion</source>
        <translation>遮挡</translation>
    </message>
    <message>
        <source>receptive field</source>
        <translation>感受野</translation>
    </message>
    <message>
        <source>the selected token</source>
        <translation>所选词元</translation>
    </message>
    <message>
        <source>and %1 more</source>
        <translation>以及另外 %1 项</translation>
    </message>
    <message>
        <source>Edits: %1</source>
        <translation>干预：%1</translation>
    </message>
    <message>
        <source>shown: edited minus baseline, where it can be</source>
        <translation>显示：干预后减基线（在可行之处）</translation>
    </message>
    <message>
        <source>unnamed</source>
        <translation>未命名</translation>
    </message>
    <message>
        <source>Model: %1 (%2).</source>
        <translation>模型：%1（%2）。</translation>
    </message>
    <message>
        <source>Image: %1, %2 × %3 px, seen at %4 × %5.</source>
        <translation>图像：%1，%2 × %3 像素，以 %4 × %5 输入。</translation>
    </message>
    <message>
        <source>Preprocessing: %1.</source>
        <translation>预处理：%1。</translation>
    </message>
    <message>
        <source>MixerScope %1.</source>
        <translation>MixerScope %1。</translation>
    </message>
    <message>
        <source>Mixer: %1 (%2), scan %3, step %4 (counted from 0) of %5.</source>
        <translation>混合器：%1（%2），扫描 %3，第 %4 步（从 0 计），共 %5 步。</translation>
    </message>
    <message>
        <source>Distribution of the gates of %1, scan %2</source>
        <translation>%1 的门控值分布，扫描 %2</translation>
    </message>
    <message>
        <source>median g = %1</source>
        <translation>g 的中位数 = %1</translation>
    </message>
    <message>
        <source>shut ≤ %1</source>
        <translation>关闭 ≤ %1</translation>
    </message>
    <message>
        <source>open ≥ %1</source>
        <translation>打开 ≥ %1</translation>
    </message>
    <message>
        <source>log₁₀ g</source>
        <translation>log₁₀ g</translation>
    </message>
    <message>
        <source>share of gates, %</source>
        <translation>门控值的比例，%</translation>
    </message>
    <message>
        <source>g from %1 to %2
%3 % of all gates</source>
        <translation>g 从 %1 到 %2
占全部门控值的 %3 %</translation>
    </message>
    <message>
        <source>%1 (by mean g)</source>
        <translation>%1（按平均 g）</translation>
    </message>
    <message>
        <source>%1 (by variance of g)</source>
        <translation>%1（按 g 的方差）</translation>
    </message>
    <message>
        <source>%1 (by contribution to the class)</source>
        <translation>%1（按对类别的贡献）</translation>
    </message>
    <message>
        <source>%1 (by cluster)</source>
        <translation>%1（按聚类）</translation>
    </message>
    <message>
        <source>gate g</source>
        <translation>门控值 g</translation>
    </message>
    <message>
        <source>SiLU(z)</source>
        <translation>SiLU(z)</translation>
    </message>
    <message>
        <source>Δ %1</source>
        <translation>Δ %1</translation>
    </message>
    <message>
        <source>token</source>
        <translation>词元</translation>
    </message>
    <message>
        <source>Output gates of %1, in the order of scan %2</source>
        <translation>%1 的输出门控，按扫描 %2 的顺序</translation>
    </message>
    <message>
        <source>Gates of %1, scan %2</source>
        <translation>%1 的门控值，扫描 %2</translation>
    </message>
    <message>
        <source>SiLU(z) · step %1</source>
        <translation>SiLU(z) · 第 %1 步</translation>
    </message>
    <message>
        <source>g = 1 − exp(−Δ) · step %1</source>
        <translation>g = 1 − exp(−Δ) · 第 %1 步</translation>
    </message>
    <message>
        <source> · mean %1</source>
        <translation> · 平均 %1</translation>
    </message>
    <message>
        <source>mean g</source>
        <translation>平均 g</translation>
    </message>
    <message>
        <source>class token</source>
        <translation>类别词元</translation>
    </message>
    <message>
        <source>always open</source>
        <translation>始终打开</translation>
    </message>
    <message>
        <source>always shut</source>
        <translation>始终关闭</translation>
    </message>
    <message>
        <source>step (channels in the scan&apos;s direction)</source>
        <translation>步（通道按扫描方向）</translation>
    </message>
    <message>
        <source>step (tokens in scan order)</source>
        <translation>步（词元按扫描顺序）</translation>
    </message>
    <message>
        <source>%1: tokens → token mixer</source>
        <translation>%1：词元 → 词元混合器</translation>
    </message>
    <message>
        <source>%1: channels → token mixer</source>
        <translation>%1：通道 → 词元混合器</translation>
    </message>
    <message>
        <source>%1: tokens → channel mixer</source>
        <translation>%1：词元 → 通道混合器</translation>
    </message>
    <message>
        <source>%1: channels → channel mixer</source>
        <translation>%1：通道 → 通道混合器</translation>
    </message>
    <message>
        <source>Weighted averaging of earlier features, stage %1</source>
        <translation>先前特征的加权平均，阶段 %1</translation>
    </message>
    <message>
        <source>x: input of the stage; T, C: outputs of the token and channel mixers of each block.</source>
        <translation>x：阶段的输入；T、C：每个块的词元混合器和通道混合器的输出。</translation>
    </message>
    <message>
        <source>weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>%1 of %2 in the input of block %3&apos;s %4
weight %5</source>
        <translation>%2 的 %1，在块 %3 的%4的输入中
权重 %5</translation>
    </message>
    <message>
        <source>token mixers</source>
        <translation>词元混合器</translation>
    </message>
    <message>
        <source>channel mixer</source>
        <translation>通道混合器</translation>
    </message>
    <message>
        <source>above: into token mixers</source>
        <translation>上：送入词元混合器</translation>
    </message>
    <message>
        <source>below: into channel mixers</source>
        <translation>下：送入通道混合器</translation>
    </message>
    <message>
        <source>change of probability</source>
        <translation>概率的变化</translation>
    </message>
    <message>
        <source>change of logit</source>
        <translation>logit 的变化</translation>
    </message>
    <message>
        <source>probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>logit</source>
        <translation>logit</translation>
    </message>
    <message>
        <source>%1 ✓</source>
        <translation>%1 ✓</translation>
    </message>
    <message>
        <source>Predictions</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>entropy %1 of %2 bits · margin %3</source>
        <translation>熵 %1 / %2 比特 · 领先幅度 %3</translation>
    </message>
    <message>
        <source>%1 (class %2)
probability %3
logit %4</source>
        <translation>%1（类别 %2）
概率 %3
logit %4</translation>
    </message>
    <message>
        <source>share of images</source>
        <translation>图像的比例</translation>
    </message>
    <message>
        <source>Scans by class, %1</source>
        <translation>各类别的扫描，%1</translation>
    </message>
    <message>
        <source>flipped</source>
        <translation>翻转</translation>
    </message>
    <message>
        <source>cropped</source>
        <translation>裁剪</translation>
    </message>
    <message>
        <source>noisy</source>
        <translation>加噪</translation>
    </message>
    <message>
        <source>%1 %2 %</source>
        <translation>%1 %2 %</translation>
    </message>
    <message>
        <source>same scans when </source>
        <translation>保持原扫描：</translation>
    </message>
    <message>
        <source>%1 images. %2.</source>
        <translation>%1 张图像。%2。</translation>
    </message>
    <message>
        <source>%1 images</source>
        <translation>%1 张图像</translation>
    </message>
    <message>
        <source>%1 · %2
%3 % of %4 images
mean probability %5</source>
        <translation>%1 · %2
%4 张图像的 %3 %
平均概率 %5</translation>
    </message>
    <message>
        <source>Switch of Scans: change of the router&apos;s probability</source>
        <translation>扫描切换：路由概率的变化</translation>
    </message>
    <message>
        <source>Switch of Scans: router probability</source>
        <translation>扫描切换：路由概率</translation>
    </message>
    <message>
        <source>Scans of each token mixer</source>
        <translation>每个词元混合器的扫描</translation>
    </message>
    <message>
        <source>Outlined: chosen scans; rows: token mixers in forward order.</source>
        <translation>带框：选中的扫描；行：词元混合器，按前向顺序。</translation>
    </message>
    <message>
        <source>No router: every scan is used, with weight %1.</source>
        <translation>没有路由器：使用全部扫描，权重均为 %1。</translation>
    </message>
    <message>
        <source>Δ router probability</source>
        <translation>Δ 路由概率</translation>
    </message>
    <message>
        <source>probability p</source>
        <translation>概率 p</translation>
    </message>
    <message>
        <source>change of probability %1</source>
        <translation>概率的变化 %1</translation>
    </message>
    <message>
        <source>probability %1</source>
        <translation>概率 %1</translation>
    </message>
    <message>
        <source>margin p₁ − p₂ = %1</source>
        <translation>领先幅度 p₁ − p₂ = %1</translation>
    </message>
    <message>
        <source>chosen, weight ω = %1</source>
        <translation>已选中，权重 ω = %1</translation>
    </message>
    <message>
        <source>not chosen</source>
        <translation>未选中</translation>
    </message>
    <message>
        <source>p₁ − p₂</source>
        <translation>p₁ − p₂</translation>
    </message>
    <message>
        <source>chosen scan; rows: token mixers in forward order (S stage, B block, T mixer)</source>
        <translation>选中的扫描；行：词元混合器，按前向顺序（S 阶段，B 块，T 混合器）</translation>
    </message>
    <message>
        <source>chosen scan (S stage, B block, T mixer)</source>
        <translation>选中的扫描（S 阶段，B 块，T 混合器）</translation>
    </message>
    <message>
        <source>chosen scan</source>
        <translation>选中的扫描</translation>
    </message>
    <message>
        <source>no router: every scan is used, with weight %1</source>
        <translation>没有路由器：使用全部扫描，权重均为 %1</translation>
    </message>
    <message>
        <source>no router</source>
        <translation>没有路由器</translation>
    </message>
    <message>
        <source>Scan %1 of %2</source>
        <translation>%2 的扫描 %1</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>词元数</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>step %1 of %2 · channel %3 · %4 × %5 tokens</source>
        <translation>第 %1 步，共 %2 步 · 通道 %3 · %4 × %5 个词元</translation>
    </message>
    <message>
        <source>step %1 of %2 · %3 · mean gate %4</source>
        <translation>第 %1 步，共 %2 步 · %3 · 平均门控值 %4</translation>
    </message>
    <message>
        <source>start</source>
        <translation>起点</translation>
    </message>
    <message>
        <source>end</source>
        <translation>终点</translation>
    </message>
    <message>
        <source>step t</source>
        <translation>步 t</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>Over the image: %1.</source>
        <translation>叠加在图像上：%1。</translation>
    </message>
    <message>
        <source>lower: from before</source>
        <translation>下三角：来自之前</translation>
    </message>
    <message>
        <source>diagonal: this step</source>
        <translation>对角线：当前步</translation>
    </message>
    <message>
        <source>skip D</source>
        <translation>跳接 D</translation>
    </message>
    <message>
        <source>upper: from behind</source>
        <translation>上三角：来自之后</translation>
    </message>
    <message>
        <source>Parts of the output of %1, scan %2</source>
        <translation>%1 输出的组成，扫描 %2</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>norm of the part</source>
        <translation>各部分的范数</translation>
    </message>
    <message>
        <source>state h</source>
        <translation>状态 h</translation>
    </message>
    <message>
        <source>kept exp(ΔA)·h</source>
        <translation>保留 exp(ΔA)·h</translation>
    </message>
    <message>
        <source>added Δ·u·B</source>
        <translation>写入 Δ·u·B</translation>
    </message>
    <message>
        <source>retention exp(ΔA)</source>
        <translation>保留率 exp(ΔA)</translation>
    </message>
    <message>
        <source>horizon, steps</source>
        <translation>记忆长度，步</translation>
    </message>
    <message>
        <source>state k</source>
        <translation>状态 k</translation>
    </message>
    <message>
        <source>State of %1, scan %2</source>
        <translation>%1 的状态，扫描 %2</translation>
    </message>
    <message>
        <source>step %1 of %2 · ‖h‖ = %3</source>
        <translation>第 %1 步，共 %2 步 · ‖h‖ = %3</translation>
    </message>
    <message>
        <source>step %1
‖h‖ = %2</source>
        <translation>第 %1 步
‖h‖ = %2</translation>
    </message>
    <message>
        <source>state %1</source>
        <translation>状态 %1</translation>
    </message>
    <message>
        <source>state n</source>
        <translation>状态 n</translation>
    </message>
    <message>
        <source>norm</source>
        <translation>范数</translation>
    </message>
    <message>
        <source>baseline</source>
        <translation>基线</translation>
    </message>
    <message>
        <source>backward ‖k‖</source>
        <translation>反向 ‖k‖</translation>
    </message>
    <message>
        <source>edited</source>
        <translation>干预后</translation>
    </message>
    <message>
        <source>forward ‖h‖</source>
        <translation>正向 ‖h‖</translation>
    </message>
    <message>
        <source>SiLU(z) of channel %1</source>
        <translation>通道 %1 的 SiLU(z)</translation>
    </message>
    <message>
        <source>mean |SiLU(z)|</source>
        <translation>平均 |SiLU(z)|</translation>
    </message>
    <message>
        <source>state norm ‖h‖</source>
        <translation>状态范数 ‖h‖</translation>
    </message>
    <message>
        <source>half-life, steps (median channel)</source>
        <translation>半衰期，步（中位数通道）</translation>
    </message>
    <message>
        <source>half-life, steps, of channel %1</source>
        <translation>通道 %1 的半衰期，步</translation>
    </message>
    <message>
        <source>gate g of channel %1</source>
        <translation>通道 %1 的门控值 g</translation>
    </message>
    <message>
        <source>mean gate g</source>
        <translation>平均门控值 g</translation>
    </message>
    <message>
        <source>state norm ‖h‖ after channel %1</source>
        <translation>通道 %1 之后的状态范数 ‖h‖</translation>
    </message>
    <message>
        <source>Training curve</source>
        <translation>训练曲线</translation>
    </message>
    <message>
        <source>Loss: cross-entropy in nats; in training of augmented pictures with smoothed labels, which is why it may lie above that of the validation pictures.</source>
        <translation>损失：交叉熵，单位为奈特；训练时是增强后的图片和平滑后的标签，因此可能高于验证图片的损失。</translation>
    </message>
    <message>
        <source>top-1</source>
        <translation>top-1</translation>
    </message>
    <message>
        <source>top-5</source>
        <translation>top-5</translation>
    </message>
    <message>
        <source>training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>epoch</source>
        <translation>轮次</translation>
    </message>
    <message>
        <source>loss (nats)</source>
        <translation>损失（奈特）</translation>
    </message>
    <message>
        <source>right (%)</source>
        <translation>正确率 (%)</translation>
    </message>
    <message>
        <source>%1, mixer %2 of %3</source>
        <translation>%1，第 %2 个混合器，共 %3 个</translation>
    </message>
    <message>
        <source>%1 against %2, mixer by mixer</source>
        <translation>%1 与 %2，逐个混合器比较</translation>
    </message>
    <message>
        <source>No mixer of A can be compared with one of B</source>
        <translation>A 中没有混合器可以与 B 的相比</translation>
    </message>
    <message>
        <source>They do not part: every difference is below %1</source>
        <translation>没有分歧：所有差异都小于 %1</translation>
    </message>
    <message>
        <source>They do not part: every output is the same</source>
        <translation>没有分歧：所有输出都相同</translation>
    </message>
    <message>
        <source>They part at %1: relative difference %2</source>
        <translation>在 %1 处出现分歧：相对差异 %2</translation>
    </message>
    <message>
        <source>A: %1. B: %2. %3.</source>
        <translation>A：%1。B：%2。%3。</translation>
    </message>
    <message>
        <source>Relative difference: ‖B − A‖ / ‖A‖ of each mixer&apos;s output, in double precision; tolerance %1.</source>
        <translation>相对差异：每个混合器输出的 ‖B − A‖ / ‖A‖，以双精度计算；容差 %1。</translation>
    </message>
    <message>
        <source>tolerance %1</source>
        <translation>容差 %1</translation>
    </message>
    <message>
        <source>‖B − A‖ / ‖A‖</source>
        <translation>‖B − A‖ / ‖A‖</translation>
    </message>
    <message>
        <source>mixer, in forward order (ring: other scans chosen)</source>
        <translation>混合器，按前向顺序（圆环：选中的扫描不同）</translation>
    </message>
    <message>
        <source>the routers chose other scans</source>
        <translation>路由器选择了不同的扫描</translation>
    </message>
    <message>
        <source>%1, %2: %3 against %4</source>
        <translation>%1，%2：%3 与 %4</translation>
    </message>
    <message>
        <source>A: %1. B: %2. A and B on one range of colours.</source>
        <translation>A：%1。B：%2。A 与 B 使用同一颜色范围。</translation>
    </message>
    <message>
        <source>Difference B − A: %1.</source>
        <translation>差异 B − A：%1。</translation>
    </message>
    <message>
        <source>‖B − A‖ of the output</source>
        <translation>输出的 ‖B − A‖</translation>
    </message>
    <message>
        <source>No difference: %1 of A and %2 of B do not correspond.</source>
        <translation>没有差异图：A 的 %1 与 B 的 %2 不对应。</translation>
    </message>
    <message>
        <source>No difference: %1 × %2 tokens in A, %3 × %4 in B.</source>
        <translation>没有差异图：A 有 %1 × %2 个词元，B 有 %3 × %4 个。</translation>
    </message>
    <message>
        <source>B − A: %1</source>
        <translation>B − A：%1</translation>
    </message>
    <message>
        <source>with the edits</source>
        <translation>带干预</translation>
    </message>
    <message>
        <source>relative %1 · max %2 · r %3</source>
        <translation>相对 %1 · 最大 %2 · r %3</translation>
    </message>
    <message>
        <source>No difference: in A the map is of scan %1, in B of %2. Choose a scan that both took, or no heat map: then the outputs are compared.</source>
        <translation>没有差异图：A 的图属于扫描 %1，B 的属于 %2。请选择双方都采用的扫描，或不显示热图：这时比较的是输出。</translation>
    </message>
    <message>
        <source>Effect of patches from %1</source>
        <translation>来自 %1 的替换的影响</translation>
    </message>
    <message>
        <source>%1 of %2: here %3, other image %4</source>
        <translation>%2 的%1：本图 %3，另一图像 %4</translation>
    </message>
    <message>
        <source>output patched in one block of tokens (row, column)</source>
        <translation>在一个词元区块中替换输出（行，列）</translation>
    </message>
    <message>
        <source>state patched after one step (share of the scan)</source>
        <translation>在某一步之后替换状态（占扫描的比例）</translation>
    </message>
    <message>
        <source>Δ logit</source>
        <translation>Δ logit</translation>
    </message>
    <message>
        <source>Δ probability</source>
        <translation>Δ 概率</translation>
    </message>
    <message>
        <source>no token of this mixer lies in the block</source>
        <translation>该混合器没有词元落在此区块中</translation>
    </message>
    <message>
        <source>no scan that both images ran</source>
        <translation>没有两幅图像都运行的扫描</translation>
    </message>
    <message>
        <source>block (%1)</source>
        <translation>区块（%1）</translation>
    </message>
    <message>
        <source>after step %1</source>
        <translation>第 %1 步之后</translation>
    </message>
    <message>
        <source>logit %1, probability %2</source>
        <translation>logit %1，概率 %2</translation>
    </message>
    <message>
        <source>Each cell: the change when this alone is what it was for %1; %2.</source>
        <translation>每个单元格：仅将此处换成 %1 的值时的变化；%2。</translation>
    </message>
    <message>
        <source>Receptive field of token (%1, %2) in %3</source>
        <translation>%3 中词元 (%1, %2) 的感受野</translation>
    </message>
    <message>
        <source>through each direction; share of all</source>
        <translation>经由每个方向；占总量的比例</translation>
    </message>
    <message>
        <source>|∂‖ω y‖/∂ pixel|</source>
        <translation>|∂‖ω y‖/∂ 像素|</translation>
    </message>
    <message>
        <source>input pixel (%1, %2): %3</source>
        <translation>输入像素 (%1, %2)：%3</translation>
    </message>
    <message>
        <source>%1 % · ±%2</source>
        <translation>%1 % · ±%2</translation>
    </message>
    <message>
        <source>axes fitted on this image</source>
        <translation>主轴由此图像拟合</translation>
    </message>
    <message>
        <source>axes fitted on the run without the edits</source>
        <translation>主轴由未干预的运行拟合</translation>
    </message>
    <message>
        <source>axes fitted on the run beside it</source>
        <translation>主轴由并排的另一次运行拟合</translation>
    </message>
    <message>
        <source>PC %1</source>
        <translation>主成分 %1</translation>
    </message>
    <message>
        <source>%1 = %2 of the variance</source>
        <translation>%1 = 方差的 %2</translation>
    </message>
    <message>
        <source>feature components 1 to 3</source>
        <translation>特征主成分 1 至 3</translation>
    </message>
    <message>
        <source>feature component %1</source>
        <translation>特征主成分 %1</translation>
    </message>
    <message>
        <source>%1 of the variance</source>
        <translation>方差的 %1</translation>
    </message>
    <message>
        <source>principal component of the mixer&apos;s output, 0 is the mean; %1</source>
        <translation>混合器输出的主成分，0 为均值；%1</translation>
    </message>
    <message>
        <source>‖Δ‖ of %1</source>
        <translation>%1 的 ‖Δ‖</translation>
    </message>
    <message>
        <source>A: %1. B: %2.</source>
        <translation>A：%1。B：%2。</translation>
    </message>
    <message>
        <source>Features of both along the principal axes of A.</source>
        <translation>两者的特征均沿 A 的主轴。</translation>
    </message>
    <message>
        <source>Features of each along principal axes of its own.</source>
        <translation>两者的特征沿各自的主轴。</translation>
    </message>
    <message>
        <source>No difference: each model&apos;s features have axes of their own. Choose no heat map: then the outputs are compared.</source>
        <translation>没有差异图：每个模型的特征有各自的主轴。请选择不显示热图：此时比较的是输出。</translation>
    </message>
    <message>
        <source>‖B − A‖: %1</source>
        <translation>‖B − A‖：%1</translation>
    </message>
    <message>
        <source>principal components of the mixer&apos;s output as red, green and blue; grey is the mean, the ends of the colours hold %1 % of the tokens; %2</source>
        <translation>混合器输出的主成分显示为红、绿、蓝；灰色为均值，颜色两端之间包含 %1 % 的词元；%2</translation>
    </message>
    <message>
        <source>%1 × %2 tokens</source>
        <translation>%1 × %2 个词元</translation>
    </message>
    <message>
        <source>%1 and %2 more</source>
        <translation>%1 及另外 %2 幅</translation>
    </message>
    <message>
        <source>axes fitted on %1</source>
        <translation>主轴由 %1 拟合</translation>
    </message>
    <message>
        <source>%1, axes of %2</source>
        <translation>%1，主轴取自 %2</translation>
    </message>
</context>
<context>
    <name>Guide</name>
    <message>
        <source>en</source>
        <extracomment>Name of the folder of the user guide in this language: en, zh_CN.</extracomment>
        <translation>zh_CN</translation>
    </message>
    <message>
        <source>Glossary</source>
        <translation>术语表</translation>
    </message>
    <message>
        <source>The words of the window. Hover one there to read this. Ctrl+K finds them by their name.</source>
        <translation>窗口里用到的词。在窗口中把鼠标停在某个词上也能看到这些解释，按 Ctrl+K 可以按名字查找。</translation>
    </message>
</context>
<context>
    <name>QPlatformTheme</name>
    <message>
        <source>OK</source>
        <translation>确定</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <source>&amp;Yes</source>
        <translation>是(&amp;Y)</translation>
    </message>
    <message>
        <source>&amp;No</source>
        <translation>否(&amp;N)</translation>
    </message>
    <message>
        <source>Retry</source>
        <translation>重试</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Discard</source>
        <translation>放弃</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>帮助</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>重置</translation>
    </message>
    <message>
        <source>Restore Defaults</source>
        <translation>恢复默认</translation>
    </message>
</context>
<context>
    <name>mixer::ui</name>
    <message>
        <source>Contribution of each channel</source>
        <translation>每个通道的贡献</translation>
    </message>
    <message>
        <source>The export was cancelled; no file was written.</source>
        <translation>导出已取消，没有写入文件。</translation>
    </message>
    <message>
        <source>Writing %1</source>
        <translation>正在写入 %1</translation>
    </message>
    <message>
        <source>Painting a figure</source>
        <translation>正在绘制图形</translation>
    </message>
    <message>
        <source>There is no picture in %1. Expected PNG, JPEG, WebP, TIFF or another picture format.</source>
        <translation>%1 中没有图片。应为 PNG、JPEG、WebP、TIFF 或其他图片格式。</translation>
    </message>
    <message>
        <source>This image is the one that is shown: patching it with itself changes nothing. Drag another image of the list.</source>
        <translation>这就是当前显示的图像：用它给自己打补丁不会有任何变化。请从列表中拖另一张图像过来。</translation>
    </message>
    <message>
        <source>Edit: %1</source>
        <translation>干预：%1</translation>
    </message>
    <message>
        <source>Leave the scans to the router</source>
        <translation>让路由器决定扫描</translation>
    </message>
    <message>
        <source>%1 is no session of MixerScope: %2</source>
        <translation>%1 不是 MixerScope 会话：%2</translation>
    </message>
    <message>
        <source>%1 cannot be written: %2</source>
        <translation>无法写入 %1：%2</translation>
    </message>
    <message>
        <source>%1 cannot be read: %2</source>
        <translation>无法读取 %1：%2</translation>
    </message>
    <message>
        <source>it has %1 bytes, the most are %2</source>
        <translation>它有 %1 字节，最多允许 %2 字节</translation>
    </message>
    <message>
        <source>Selective token mixer</source>
        <translation>选择性词元混合器</translation>
    </message>
    <message>
        <source>Moves information between tokens: every channel runs along the scans that the router chose.</source>
        <translation>在词元之间传递信息：每个通道沿着路由器选出的扫描运行。</translation>
    </message>
    <message>
        <source>Selective channel mixer</source>
        <translation>选择性通道混合器</translation>
    </message>
    <message>
        <source>Moves information between channels: every token runs along the channels, forward and backward.</source>
        <translation>在通道之间传递信息：每个词元沿着通道正向和反向运行。</translation>
    </message>
    <message>
        <source>Gate g</source>
        <translation>门控值 g</translation>
    </message>
    <message>
        <source>Share of the old state that a step erases in a lane (at A = −1). 1: the state starts anew here; 0: the step passes by unnoticed.</source>
        <translation>一步在一条扫描道中抹去的旧状态所占的比例（取 A = −1）。1：状态从这里重新开始；0：这一步没有留下任何影响。</translation>
    </message>
    <message>
        <source>g = 1 − exp(−Δ),  Δ = softplus(…)</source>
        <translation>g = 1 − exp(−Δ),  Δ = softplus(…)</translation>
    </message>
    <message>
        <source>State norm ‖h‖</source>
        <translation>状态范数 ‖h‖</translation>
    </message>
    <message>
        <source>Length of the hidden state over all lanes and states at a step: how much the scan carries along.</source>
        <translation>某一步的隐藏状态在所有扫描道和状态分量上的长度：扫描携带了多少信息。</translation>
    </message>
    <message>
        <source>‖h_t‖ = √ Σ h²</source>
        <translation>‖h_t‖ = √ Σ h²</translation>
    </message>
    <message>
        <source>Scan</source>
        <translation>扫描</translation>
    </message>
    <message>
        <source>An order in which the tokens of the grid are visited, from first to last.</source>
        <translation>从头到尾访问网格中词元的一种顺序。</translation>
    </message>
    <message>
        <source>Step t</source>
        <translation>步 t</translation>
    </message>
    <message>
        <source>When the scan visits a token. The timeline sets it; the ring on the image shows where it is.</source>
        <translation>扫描访问某个词元的时刻。由时间轴设定；图像上的圆环标出当前位置。</translation>
    </message>
    <message>
        <source>Lane</source>
        <translation>扫描道</translation>
    </message>
    <message>
        <source>What scans beside the others: a channel of a token mixer, a token of a channel mixer. Each lane has a state of its own.</source>
        <translation>并排进行扫描的单元：在词元混合器中是一个通道，在通道混合器中是一个词元。每条扫描道有自己的状态。</translation>
    </message>
    <message>
        <source>State h</source>
        <translation>状态 h</translation>
    </message>
    <message>
        <source>What a lane remembers after a step, N numbers.</source>
        <translation>一条扫描道在一步之后记住的内容，共 N 个数。</translation>
    </message>
    <message>
        <source>h&lt;sub&gt;t&lt;/sub&gt; = exp(Δ&lt;sub&gt;t&lt;/sub&gt;A) ⊙ h&lt;sub&gt;t−1&lt;/sub&gt; + Δ&lt;sub&gt;t&lt;/sub&gt;u&lt;sub&gt;t&lt;/sub&gt;B&lt;sub&gt;t&lt;/sub&gt;</source>
        <translation>h&lt;sub&gt;t&lt;/sub&gt; = exp(Δ&lt;sub&gt;t&lt;/sub&gt;A) ⊙ h&lt;sub&gt;t−1&lt;/sub&gt; + Δ&lt;sub&gt;t&lt;/sub&gt;u&lt;sub&gt;t&lt;/sub&gt;B&lt;sub&gt;t&lt;/sub&gt;</translation>
    </message>
    <message>
        <source>Router probability p</source>
        <translation>路由概率 p</translation>
    </message>
    <message>
        <source>How well the router likes a scan for this image in this mixer. The K most probable are chosen and weighted with ω.</source>
        <translation>在这个混合器中，路由器对这张图像有多倾向于某个扫描。选出概率最大的 K 个，并以 ω 加权。</translation>
    </message>
    <message>
        <source>p = softmax(router(mean x̂)),  ω = p / Σ chosen p</source>
        <translation>p = softmax(router(mean x̂)),  ω = p / Σ chosen p</translation>
    </message>
    <message>
        <source>Patch grid</source>
        <translation>图像块网格</translation>
    </message>
    <message>
        <source>The tokens of the selected mixer&apos;s stage, where they lie on the picture.</source>
        <translation>所选混合器所在阶段的词元在图片上的位置。</translation>
    </message>
    <message>
        <source>Scan path</source>
        <translation>扫描路径</translation>
    </message>
    <message>
        <source>The selected scan from its first step (dark) to its last (light); the ring is the current step.</source>
        <translation>所选的扫描，从第一步（深色）到最后一步（浅色）；圆环是当前步。</translation>
    </message>
    <message>
        <source>Probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>What the network gives to a class; all classes sum to 1.</source>
        <translation>网络给某个类别的概率；所有类别之和为 1。</translation>
    </message>
    <message>
        <source>softmax(logits)</source>
        <translation>softmax(logits)</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Share of the forward pass that was spent in this part, and its milliseconds.</source>
        <translation>这一部分在前向传播中所占的时间比例，以及毫秒数。</translation>
    </message>
    <message>
        <source>Entropy</source>
        <translation>熵</translation>
    </message>
    <message>
        <source>How spread the probabilities are: 0 bits is certain.</source>
        <translation>概率的分散程度：0 比特表示完全确定。</translation>
    </message>
    <message>
        <source>−Σ p log₂ p</source>
        <translation>−Σ p log₂ p</translation>
    </message>
    <message>
        <source>Margin</source>
        <translation>领先幅度</translation>
    </message>
    <message>
        <source>How far the first is ahead of the second. Near 0 the decision could have gone the other way.</source>
        <translation>第一名比第二名领先多少。接近 0 时，结果本来可能相反。</translation>
    </message>
    <message>
        <source>p₁ − p₂</source>
        <translation>p₁ − p₂</translation>
    </message>
    <message>
        <source>Output gate</source>
        <translation>输出门控</translation>
    </message>
    <message>
        <source>What the scan&apos;s output is multiplied by, for each channel and token, before it leaves the mixer.</source>
        <translation>扫描的输出在离开混合器之前，在每个通道、每个词元上所乘的系数。</translation>
    </message>
    <message>
        <source>SiLU(z) = z · sigmoid(z)</source>
        <translation>SiLU(z) = z · sigmoid(z)</translation>
    </message>
    <message>
        <source>Always open, always shut</source>
        <translation>始终打开、始终关闭</translation>
    </message>
    <message>
        <source>A lane whose gate is at least 0.5 at every step, or at most 0.01 at every step: it does not select in this image.</source>
        <translation>一条扫描道的门控值在每一步都不小于 0.5，或者都不大于 0.01：它在这张图像中不做选择。</translation>
    </message>
    <message>
        <source>Retention</source>
        <translation>保留率</translation>
    </message>
    <message>
        <source>Share of the old state that is left after the step, 0 to 1.</source>
        <translation>一步之后旧状态剩下的比例，0 到 1。</translation>
    </message>
    <message>
        <source>exp(ΔA)</source>
        <translation>exp(ΔA)</translation>
    </message>
    <message>
        <source>Memory horizon</source>
        <translation>记忆长度</translation>
    </message>
    <message>
        <source>How many steps a state remembers, as if Δ stayed what it is here.</source>
        <translation>假设 Δ 保持此处的值，状态能记住多少步。</translation>
    </message>
    <message>
        <source>1 / (Δ |A|)</source>
        <translation>1 / (Δ |A|)</translation>
    </message>
    <message>
        <source>Kept and added</source>
        <translation>保留与写入</translation>
    </message>
    <message>
        <source>The two parts of the state after a step: what was left of the old one, and what this token wrote.</source>
        <translation>一步之后状态的两个部分：旧状态剩下的部分，和这个词元写入的部分。</translation>
    </message>
    <message>
        <source>h&lt;sub&gt;t&lt;/sub&gt; = exp(ΔA) h&lt;sub&gt;t−1&lt;/sub&gt; + Δ u B</source>
        <translation>h&lt;sub&gt;t&lt;/sub&gt; = exp(ΔA) h&lt;sub&gt;t−1&lt;/sub&gt; + Δ u B</translation>
    </message>
    <message>
        <source>Implicit attention M</source>
        <translation>隐式注意力 M</translation>
    </message>
    <message>
        <source>A selective scan is a matrix: y = M·u for each channel. A row says where an output comes from, a column where an input goes. Signed and exact.</source>
        <translation>选择性扫描是一个矩阵：对每个通道有 y = M·u。一行说明一个输出来自哪里，一列说明一个输入去向哪里。带符号，且是精确的。</translation>
    </message>
    <message>
        <source>M[t,s] = Σ C&lt;sub&gt;t&lt;/sub&gt; exp(A(c&lt;sub&gt;t&lt;/sub&gt; − c&lt;sub&gt;s&lt;/sub&gt;)) Δ&lt;sub&gt;s&lt;/sub&gt;B&lt;sub&gt;s&lt;/sub&gt;</source>
        <translation>M[t,s] = Σ C&lt;sub&gt;t&lt;/sub&gt; exp(A(c&lt;sub&gt;t&lt;/sub&gt; − c&lt;sub&gt;s&lt;/sub&gt;)) Δ&lt;sub&gt;s&lt;/sub&gt;B&lt;sub&gt;s&lt;/sub&gt;</translation>
    </message>
    <message>
        <source>Residual</source>
        <translation>残差</translation>
    </message>
    <message>
        <source>How far M·u is from what the scan really put out. Over 10⁻⁴ the map is not to be trusted.</source>
        <translation>M·u 与扫描实际输出之间的差距。超过 10⁻⁴ 时，这张图不可信。</translation>
    </message>
    <message>
        <source>‖M·u − y‖ / ‖y‖</source>
        <translation>‖M·u − y‖ / ‖y‖</translation>
    </message>
    <message>
        <source>Attribution</source>
        <translation>归因</translation>
    </message>
    <message>
        <source>How much each place of the image speaks for (red) or against (blue) the selected class.</source>
        <translation>图像的每个位置对所选类别的支持（红）或反对（蓝）程度。</translation>
    </message>
    <message>
        <source>Weighted averaging of earlier features</source>
        <translation>先前特征的加权平均</translation>
    </message>
    <message>
        <source>The input of a mixer is a sum of earlier outputs with learned weights: α and β feed token mixers, θ and γ channel mixers (MambaMixer, section 3.2).</source>
        <translation>一个混合器的输入是先前各输出按学到的权重相加：α 和 β 用于词元混合器，θ 和 γ 用于通道混合器（MambaMixer，第 3.2 节）。</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>干预</translation>
    </message>
    <message>
        <source>Something done differently from the network as it was trained. Everything is computed again from the first changed mixer on; the baseline is the run without edits.</source>
        <translation>让网络的某处与训练时不同。从第一个被改动的混合器开始，一切都重新计算；基线是没有干预的运行。</translation>
    </message>
    <message>
        <source>Scan order</source>
        <translation>扫描顺序</translation>
    </message>
    <message>
        <source>The list of tokens that the code really visits, checked: is it a permutation, how far does it jump, how far apart does it visit neighbours, and which known scan is it?</source>
        <translation>代码实际访问词元的列表，并经过检查：它是否是一个排列、跳跃多远、访问相邻词元的间隔多大、属于哪种已知的扫描。</translation>
    </message>
    <message>
        <source>Router statistics</source>
        <translation>路由统计</translation>
    </message>
    <message>
        <source>Which scans the router gives to the images of each class, and how often a flipped, cropped or noisy image keeps its scans.</source>
        <translation>路由器给每个类别的图像分配哪些扫描，以及图像翻转、裁剪或加噪之后保持原扫描的比例。</translation>
    </message>
    <message>
        <source>explaining the prediction</source>
        <translation>正在解释预测</translation>
    </message>
    <message>
        <source>measuring the map</source>
        <translation>正在检验归因图</translation>
    </message>
    <message>
        <source>checking the attention</source>
        <translation>正在检验注意力</translation>
    </message>
    <message>
        <source>reading the checkpoint</source>
        <translation>正在读取检查点</translation>
    </message>
    <message>
        <source>building the network</source>
        <translation>正在构建网络</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Reading the table</source>
        <translation>正在读取表格</translation>
    </message>
    <message>
        <source>frame %1 of %2</source>
        <translation>第 %1 帧，共 %2 帧</translation>
    </message>
    <message>
        <source>image %1 of %2</source>
        <translation>第 %1 张图像，共 %2 张</translation>
    </message>
    <message>
        <source>Running with the edits</source>
        <translation>正在带干预运行</translation>
    </message>
    <message>
        <source>Looking into the mixer</source>
        <translation>正在查看混合器内部</translation>
    </message>
    <message>
        <source>Preparing the image</source>
        <translation>正在预处理图像</translation>
    </message>
    <message>
        <source>Decoding</source>
        <translation>正在解码</translation>
    </message>
    <message>
        <source>Command, on</source>
        <translation>命令，已启用</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Mixer</source>
        <translation>混合器</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Panel</source>
        <translation>面板</translation>
    </message>
    <message>
        <source>Word</source>
        <translation>术语</translation>
    </message>
    <message>
        <source>Guide</source>
        <translation>指南</translation>
    </message>
    <message>
        <source>Recent file</source>
        <translation>最近的文件</translation>
    </message>
    <message>
        <source>Left, Right</source>
        <translation>左、右</translation>
    </message>
    <message>
        <source>Step back, forward in the scan</source>
        <translation>在扫描中后退、前进一步</translation>
    </message>
    <message>
        <source>Shift+Left, Shift+Right</source>
        <translation>Shift+左、Shift+右</translation>
    </message>
    <message>
        <source>Ten steps</source>
        <translation>十步</translation>
    </message>
    <message>
        <source>Home, End</source>
        <translation>Home、End</translation>
    </message>
    <message>
        <source>First, last step</source>
        <translation>第一步、最后一步</translation>
    </message>
    <message>
        <source>Up, Down</source>
        <translation>上、下</translation>
    </message>
    <message>
        <source>Previous, next chosen scan, at the same token</source>
        <translation>上一个、下一个选中的扫描，停在同一词元</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>空格</translation>
    </message>
    <message>
        <source>Play or pause</source>
        <translation>播放或暂停</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>滚轮</translation>
    </message>
    <message>
        <source>Zoom to the cursor</source>
        <translation>以光标为中心缩放</translation>
    </message>
    <message>
        <source>Drag</source>
        <translation>拖动</translation>
    </message>
    <message>
        <source>Move the image</source>
        <translation>移动图像</translation>
    </message>
    <message>
        <source>Click on the image</source>
        <translation>点击图像</translation>
    </message>
    <message>
        <source>Select the token there</source>
        <translation>选择那里的词元</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>键盘快捷键</translation>
    </message>
    <message>
        <source>Looks into vision state-space models: which scans the router chose, what each channel let in, what the state held, and what was predicted.</source>
        <translation>观察视觉状态空间模型的内部：路由器选择了哪些扫描，每个通道放入了什么，状态保存了什么，以及预测结果。</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Scan kernel</source>
        <translation>扫描内核</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>线程</translation>
    </message>
    <message>
        <source>Free software: GPL-3.0-or-later; the engine and its kernels are under the MIT licence. It comes without any warranty.</source>
        <translation>自由软件：GPL-3.0-or-later；引擎及其内核采用 MIT 许可证。本软件不附带任何担保。</translation>
    </message>
    <message>
        <source>About MixerScope</source>
        <translation>关于 MixerScope</translation>
    </message>
    <message>
        <source>Warnings</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>, </source>
        <comment>between items of a list</comment>
        <translation>、</translation>
    </message>
    <message>
        <source>channels %1 and %2 more</source>
        <translation>通道 %1 以及另外 %2 个</translation>
    </message>
    <message>
        <source>channel %1</source>
        <translation>通道 %1</translation>
    </message>
    <message>
        <source>channels %1</source>
        <translation>通道 %1</translation>
    </message>
    <message>
        <source>%1 on %2 painted tokens</source>
        <translation>%1，仅涂画的 %2 个词元</translation>
    </message>
    <message>
        <source>all mixers: %1</source>
        <translation>所有混合器：%1</translation>
    </message>
    <message>
        <source>%1 mixers: %2</source>
        <translation>%1 个混合器：%2</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>a mixer and its edit</comment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>used</source>
        <translation>已使用</translation>
    </message>
    <message>
        <source>renamed</source>
        <translation>已改名</translation>
    </message>
    <message>
        <source>reshaped</source>
        <translation>已变形</translation>
    </message>
    <message>
        <source>unused</source>
        <translation>未使用</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>缺少</translation>
    </message>
    <message numerus="yes">
        <source>all %n tensors used</source>
        <translation>
            <numerusform>全部 %n 个张量已使用</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 %2</source>
        <comment>how many tensors, and what became of them</comment>
        <translation>%2 %1 个</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors: %1</source>
        <translation>
            <numerusform>%n 个张量：%1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1; %n guesses</source>
        <comment>after the numbers of tensors</comment>
        <translation>
            <numerusform>%1；%n 处推测</numerusform>
        </translation>
    </message>
    <message>
        <source>Remove: %1</source>
        <translation>移除：%1</translation>
    </message>
    <message>
        <source>Effect of a patch</source>
        <translation>替换的影响</translation>
    </message>
    <message>
        <source>What the class gains or loses when one thing alone is what it was for another image: a mixer&apos;s output in a block of tokens, or a scan&apos;s state after a step. Large effects show where the difference between the two images is decided. One run from the patched mixer on for each.</source>
        <translation>仅将一处换成另一图像的值时，该类别得到或失去多少：混合器在一个词元区块中的输出，或扫描在某一步之后的状态。影响大的地方就是决定两幅图像差异之处。每一处都从被替换的混合器起重新运行一次。</translation>
    </message>
    <message>
        <source>p(class | patched) − p(class)</source>
        <translation>p(类别 | 替换后) − p(类别)</translation>
    </message>
    <message>
        <source>Feature PCA</source>
        <translation>特征 PCA</translation>
    </message>
    <message>
        <source>The directions of the space of channels along which the mixer&apos;s outputs of the tokens differ most. The first three as red, green and blue: tokens of one colour have like features. Share of the variance: how much of all differences a direction tells.</source>
        <translation>通道空间中，混合器对各词元的输出差异最大的方向。前三个显示为红、绿、蓝：颜色相同的词元特征相近。方差占比：该方向说明了全部差异中的多少。</translation>
    </message>
    <message>
        <source>PC&lt;sub&gt;k&lt;/sub&gt; = ⟨x − mean x, v&lt;sub&gt;k&lt;/sub&gt;⟩,  Cov(x) v&lt;sub&gt;k&lt;/sub&gt; = λ&lt;sub&gt;k&lt;/sub&gt; v&lt;sub&gt;k&lt;/sub&gt;,  share = λ&lt;sub&gt;k&lt;/sub&gt; / Σ λ</source>
        <translation>PC&lt;sub&gt;k&lt;/sub&gt; = ⟨x − mean x, v&lt;sub&gt;k&lt;/sub&gt;⟩，Cov(x) v&lt;sub&gt;k&lt;/sub&gt; = λ&lt;sub&gt;k&lt;/sub&gt; v&lt;sub&gt;k&lt;/sub&gt;，占比 = λ&lt;sub&gt;k&lt;/sub&gt; / Σ λ</translation>
    </message>
</context>
<context>
    <name>mixer::ui::Actions</name>
    <message>
        <source>&lt;p&gt;Key %1&lt;/p&gt;</source>
        <translation>&lt;p&gt;按键 %1&lt;/p&gt;</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>&amp;Open image…</source>
        <translation>打开图像(&amp;O)…</translation>
    </message>
    <message>
        <source>Open &amp;model…</source>
        <translation>打开模型(&amp;M)…</translation>
    </message>
    <message>
        <source>Open &amp;session…</source>
        <translation>打开会话(&amp;S)…</translation>
    </message>
    <message>
        <source>&amp;Save session</source>
        <translation>保存会话(&amp;S)</translation>
    </message>
    <message>
        <source>Model, images, edits, selection and view, as names of files</source>
        <translation>模型、图像、干预、选择和视图，以文件名的形式保存</translation>
    </message>
    <message>
        <source>Save session &amp;as…</source>
        <translation>会话另存为(&amp;A)…</translation>
    </message>
    <message>
        <source>Reopen the last session</source>
        <translation>重新打开上次的会话</translation>
    </message>
    <message>
        <source>What the window showed when it was closed last, or when it crashed</source>
        <translation>上次关闭或崩溃时窗口显示的内容</translation>
    </message>
    <message>
        <source>&amp;Reload the model</source>
        <translation>重新加载模型(&amp;R)</translation>
    </message>
    <message>
        <source>Reads the checkpoint again; selection, edits and view stay</source>
        <translation>重新读取检查点；选择、干预和视图保持不变</translation>
    </message>
    <message>
        <source>&amp;Watch the model</source>
        <translation>监视模型(&amp;W)</translation>
    </message>
    <message>
        <source>Reloads the checkpoint whenever its file changes, while it trains</source>
        <translation>训练过程中，检查点文件一有变化就重新加载</translation>
    </message>
    <message>
        <source>&amp;Memory planner…</source>
        <translation>内存规划(&amp;M)…</translation>
    </message>
    <message>
        <source>What a run at another size would take, part by part, before it runs</source>
        <translation>以另一尺寸运行需要多少内存，运行之前逐项列出</translation>
    </message>
    <message>
        <source>&amp;Input and labels…</source>
        <translation>输入与标签(&amp;I)…</translation>
    </message>
    <message>
        <source>Size, crop and normalization of pictures, and names of the classes</source>
        <translation>图片的尺寸、裁剪和归一化，以及类别的名称</translation>
    </message>
    <message>
        <source>&amp;Load receipt…</source>
        <translation>加载清单(&amp;L)…</translation>
    </message>
    <message>
        <source>What became of every tensor of the checkpoint</source>
        <translation>检查点中每个张量的去向</translation>
    </message>
    <message>
        <source>&amp;Paste image</source>
        <translation>粘贴图像(&amp;P)</translation>
    </message>
    <message>
        <source>Clear the recent files</source>
        <translation>清除最近的文件</translation>
    </message>
    <message>
        <source>&amp;Export figure…</source>
        <translation>导出图形(&amp;E)…</translation>
    </message>
    <message>
        <source>&amp;Copy figure</source>
        <translation>复制图形(&amp;C)</translation>
    </message>
    <message>
        <source>Copies the figure of the view that has the focus</source>
        <translation>复制当前焦点所在视图的图形</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>退出(&amp;Q)</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>重做(&amp;R)</translation>
    </message>
    <message>
        <source>Remove all &amp;edits</source>
        <translation>移除所有干预(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;Search everything…</source>
        <translation>全局搜索(&amp;S)…</translation>
    </message>
    <message>
        <source>Commands, panels, mixers, classes, images and words by their name</source>
        <translation>按名字查找命令、面板、混合器、类别、图像和术语</translation>
    </message>
    <message>
        <source>&amp;Preferences…</source>
        <translation>首选项(&amp;P)…</translation>
    </message>
    <message>
        <source>Patch &amp;grid</source>
        <translation>图像块网格(&amp;G)</translation>
    </message>
    <message>
        <source>Scan &amp;path</source>
        <translation>扫描路径(&amp;P)</translation>
    </message>
    <message>
        <source>Gate of the selected &amp;lane</source>
        <translation>所选扫描道的门控值(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Mean gate</source>
        <translation>平均门控值(&amp;M)</translation>
    </message>
    <message>
        <source>&lt;p&gt;The gate g, averaged over all lanes, for each token.&lt;/p&gt;</source>
        <translation>&lt;p&gt;每个词元的门控值 g，对所有扫描道取平均。&lt;/p&gt;</translation>
    </message>
    <message>
        <source>State &amp;norm</source>
        <translation>状态范数(&amp;N)</translation>
    </message>
    <message>
        <source>&amp;Attention of the selected token</source>
        <translation>所选词元的注意力(&amp;A)</translation>
    </message>
    <message>
        <source>Memory &amp;half-life</source>
        <translation>记忆半衰期(&amp;H)</translation>
    </message>
    <message>
        <source>&lt;p&gt;Steps of the scan until half of what was written at a token is forgotten.&lt;/p&gt;</source>
        <translation>&lt;p&gt;在某个词元写入的内容，经过多少步扫描被忘掉一半。&lt;/p&gt;</translation>
    </message>
    <message>
        <source>&amp;Output gate</source>
        <translation>输出门控(&amp;O)</translation>
    </message>
    <message>
        <source>A&amp;ttribution</source>
        <translation>归因(&amp;T)</translation>
    </message>
    <message>
        <source>No overlays</source>
        <translation>不显示叠加层</translation>
    </message>
    <message>
        <source>Loc&amp;k the colours</source>
        <translation>锁定颜色范围(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;Fit the image</source>
        <translation>适应图像(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Actual pixels (1:1)</source>
        <translation>实际像素 (1:1)(&amp;A)</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>放大</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>缩小</translation>
    </message>
    <message>
        <source>&amp;Reset layout</source>
        <translation>重置布局(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;System</source>
        <translation>跟随系统(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>浅色(&amp;L)</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>深色(&amp;D)</translation>
    </message>
    <message>
        <source>Previous mixer</source>
        <translation>上一个混合器</translation>
    </message>
    <message>
        <source>Next mixer</source>
        <translation>下一个混合器</translation>
    </message>
    <message>
        <source>Select all lanes</source>
        <translation>选择所有扫描道</translation>
    </message>
    <message>
        <source>&amp;User guide</source>
        <translation>用户指南(&amp;U)</translation>
    </message>
    <message>
        <source>The chapter of the panel that has the focus</source>
        <translation>当前焦点所在面板的章节</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>键盘快捷键(&amp;K)</translation>
    </message>
    <message>
        <source>&amp;About MixerScope</source>
        <translation>关于 MixerScope(&amp;A)</translation>
    </message>
    <message>
        <source>With another &amp;model…</source>
        <translation>与另一个模型(&amp;M)…</translation>
    </message>
    <message>
        <source>Another checkpoint on the same image, beside what is shown</source>
        <translation>同一图像上的另一个检查点，与当前显示的并排</translation>
    </message>
    <message>
        <source>With another &amp;image…</source>
        <translation>与另一张图像(&amp;I)…</translation>
    </message>
    <message>
        <source>Another image under the same model, beside what is shown</source>
        <translation>同一模型下的另一张图像，与当前显示的并排</translation>
    </message>
    <message>
        <source>&amp;Baseline and edited</source>
        <translation>基线与干预后(&amp;B)</translation>
    </message>
    <message>
        <source>The run without the edits beside the edited one</source>
        <translation>没有干预的运行与干预后的运行并排</translation>
    </message>
    <message>
        <source>With float32 on the CPU</source>
        <translation>与 CPU 上的 float32</translation>
    </message>
    <message>
        <source>With float64 on the CPU</source>
        <translation>与 CPU 上的 float64</translation>
    </message>
    <message>
        <source>With bfloat16 on the GPU</source>
        <translation>与 GPU 上的 bfloat16</translation>
    </message>
    <message>
        <source>With float16 on the GPU</source>
        <translation>与 GPU 上的 float16</translation>
    </message>
    <message>
        <source>With float32 on the GPU</source>
        <translation>与 GPU 上的 float32</translation>
    </message>
    <message>
        <source>&amp;Flip while held</source>
        <translation>按住时翻看(&amp;F)</translation>
    </message>
    <message>
        <source>While the key is held, the second picture stands in place of the first</source>
        <translation>按住该键时，第二幅画面替换第一幅</translation>
    </message>
    <message>
        <source>&amp;Difference</source>
        <translation>差异(&amp;D)</translation>
    </message>
    <message>
        <source>The second picture shows the difference of the two heat maps, B − A, with its size</source>
        <translation>第二幅画面显示两张热图之差 B − A 及其大小</translation>
    </message>
    <message>
        <source>&amp;End the comparison</source>
        <translation>结束比较(&amp;E)</translation>
    </message>
    <message>
        <source>Back to one picture</source>
        <translation>回到单幅画面</translation>
    </message>
    <message>
        <source>gate</source>
        <translation>门控值</translation>
    </message>
    <message>
        <source>mean gate</source>
        <translation>平均门控值</translation>
    </message>
    <message>
        <source>state norm</source>
        <translation>状态范数</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>half-life</source>
        <translation>半衰期</translation>
    </message>
    <message>
        <source>output gate</source>
        <translation>输出门控</translation>
    </message>
    <message>
        <source>attribution</source>
        <translation>归因</translation>
    </message>
    <message>
        <source>feature PCA</source>
        <translation>特征 PCA</translation>
    </message>
    <message>
        <source>&amp;Feature PCA</source>
        <translation>特征 PCA(&amp;F)</translation>
    </message>
    <message>
        <source>Next feature &amp;component</source>
        <translation>下一个特征主成分(&amp;C)</translation>
    </message>
    <message>
        <source>Feature PCA: three components as colours, then the first, second and third alone</source>
        <translation>特征 PCA：先以颜色显示三个主成分，再依次单独显示第一、第二、第三主成分</translation>
    </message>
    <message>
        <source>The heat map keeps the ends of its colours, feature PCA its axes: other images and models are then shown on one scale</source>
        <translation>热图保持其颜色两端的数值，特征 PCA 保持其主轴：其他图像和模型随后以同一标度显示</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ActivityWidget</name>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>进度</translation>
    </message>
    <message>
        <source>Stop; everything stays as it is</source>
        <translation>停止；一切保持原样</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
</context>
<context>
    <name>mixer::ui::AttentionView</name>
    <message>
        <source>Row or column</source>
        <translation>行或列</translation>
    </message>
    <message>
        <source>comes from</source>
        <translation>来自哪里</translation>
    </message>
    <message>
        <source>goes to</source>
        <translation>去向哪里</translation>
    </message>
    <message>
        <source>parts of the output</source>
        <translation>输出的组成</translation>
    </message>
    <message>
        <source>One scan or all</source>
        <translation>一个扫描或全部</translation>
    </message>
    <message>
        <source>The selected scan alone, or all of the mixer with their weights ω</source>
        <translation>仅所选扫描，或混合器的全部扫描按权重 ω 相加</translation>
    </message>
    <message>
        <source>this scan</source>
        <translation>当前扫描</translation>
    </message>
    <message>
        <source>all scans</source>
        <translation>所有扫描</translation>
    </message>
    <message>
        <source>Signed or magnitude</source>
        <translation>带符号或绝对值</translation>
    </message>
    <message>
        <source>Signed: the mean over the channels may cancel. Magnitude: the mean of |M|</source>
        <translation>带符号：各通道的平均可能相互抵消。绝对值：|M| 的平均</translation>
    </message>
    <message>
        <source>signed</source>
        <translation>带符号</translation>
    </message>
    <message>
        <source>magnitude</source>
        <translation>绝对值</translation>
    </message>
    <message>
        <source>On image</source>
        <translation>叠加</translation>
    </message>
    <message>
        <source>Show it over the image (6)</source>
        <translation>叠加显示在图像上 (6)</translation>
    </message>
    <message>
        <source>Implicit attention of the selected token</source>
        <translation>所选词元的隐式注意力</translation>
    </message>
    <message>
        <source>Where an output comes from appears here</source>
        <translation>一个输出来自哪里将显示在这里</translation>
    </message>
    <message>
        <source>Attention over the image</source>
        <translation>图像上的注意力</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>A column has no residual: look at rows to see whether M is exact</source>
        <translation>列没有残差：要判断 M 是否精确，请看行</translation>
    </message>
    <message>
        <source>exact: %1</source>
        <translation>精确：%1</translation>
    </message>
    <message>
        <source>not to be trusted: %1</source>
        <translation>不可信：%1</translation>
    </message>
    <message>
        <source>receptive fields</source>
        <translation>感受野</translation>
    </message>
    <message>
        <source>What the selected token sees of the image through each scan and direction</source>
        <translation>所选词元经由每个扫描和方向看到图像的哪些部分</translation>
    </message>
</context>
<context>
    <name>mixer::ui::AttributionView</name>
    <message>
        <source> · channel %1</source>
        <translation> · 通道 %1</translation>
    </message>
    <message>
        <source>Explain</source>
        <translation>解释</translation>
    </message>
    <message>
        <source>Take out</source>
        <translation>去除</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>方法</translation>
    </message>
    <message>
        <source>Computes the map and lays it over the image (9)</source>
        <translation>计算归因图并叠加在图像上 (9)</translation>
    </message>
    <message>
        <source>Which parts are taken out</source>
        <translation>去除哪些部分</translation>
    </message>
    <message>
        <source>each mixer</source>
        <translation>每个混合器</translation>
    </message>
    <message>
        <source>each chosen scan</source>
        <translation>每个选中的扫描</translation>
    </message>
    <message>
        <source>each channel of the selected mixer</source>
        <translation>所选混合器的每个通道</translation>
    </message>
    <message>
        <source>Runs the network without each part in turn: what does the class lose?</source>
        <translation>依次去除每个部分运行网络：该类别会损失多少？</translation>
    </message>
    <message>
        <source>What the class loses without each part</source>
        <translation>去除每个部分后该类别的损失</translation>
    </message>
    <message>
        <source>Without</source>
        <translation>去除的部分</translation>
    </message>
    <message>
        <source>Logit falls by</source>
        <translation>logit 下降</translation>
    </message>
    <message>
        <source>Double click: take it out</source>
        <translation>双击：将其去除</translation>
    </message>
    <message>
        <source>Class: %1</source>
        <translation>类别：%1</translation>
    </message>
    <message>
        <source>What speaks for a class appears here</source>
        <translation>支持某个类别的依据将显示在这里</translation>
    </message>
    <message>
        <source>%1 for %2</source>
        <translation>%1，对象：%2</translation>
    </message>
    <message>
        <source>the selected token</source>
        <translation>所选词元</translation>
    </message>
    <message>
        <source>Explaining %1</source>
        <translation>正在解释 %1</translation>
    </message>
    <message>
        <source>Heat map: attribution</source>
        <translation>热图：归因</translation>
    </message>
    <message>
        <source>Taking parts out</source>
        <translation>正在逐一去除各部分</translation>
    </message>
    <message>
        <source>probability falls by %1</source>
        <translation>概率下降 %1</translation>
    </message>
</context>
<context>
    <name>mixer::ui::Canvas</name>
    <message>
        <source>Image with overlays</source>
        <translation>带叠加层的图像</translation>
    </message>
    <message>
        <source>pixel x %1, y %2</source>
        <translation>像素 x %1, y %2</translation>
    </message>
    <message>
        <source>class token  ·  step %1 of %2</source>
        <translation>类别词元  ·  第 %1 步，共 %2 步</translation>
    </message>
    <message>
        <source>token y %1, x %2</source>
        <translation>词元 y %1, x %2</translation>
    </message>
    <message>
        <source>step %1 of %2</source>
        <translation>第 %1 步，共 %2 步</translation>
    </message>
    <message>
        <source>step of scan %1</source>
        <translation>扫描 %1 的步</translation>
    </message>
</context>
<context>
    <name>mixer::ui::CanvasPane</name>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Grid</source>
        <translation>网格</translation>
    </message>
    <message>
        <source>Path</source>
        <translation>路径</translation>
    </message>
    <message>
        <source>Heat map over the image</source>
        <translation>图像上的热图</translation>
    </message>
    <message>
        <source>no heat map</source>
        <translation>无热图</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>画笔</translation>
    </message>
    <message>
        <source>Paint over patches: every scan&apos;s step size Δ there is multiplied. 0 steps over them, large ones make the scans start afresh. An edit, which can be undone</source>
        <translation>在图像块上涂画：那里每个扫描的步长 Δ 都乘以一个系数。0 表示跳过，很大的值让扫描重新开始。这是一项干预，可以撤销</translation>
    </message>
    <message>
        <source>no brush</source>
        <translation>无画笔</translation>
    </message>
    <message>
        <source>Δ × %1</source>
        <translation>Δ × %1</translation>
    </message>
    <message>
        <source>Colour map</source>
        <translation>颜色映射</translation>
    </message>
    <message>
        <source>Colour map of overlays and matrices</source>
        <translation>叠加层和矩阵的颜色映射</translation>
    </message>
    <message>
        <source>viridis</source>
        <translation>viridis</translation>
    </message>
    <message>
        <source>magma</source>
        <translation>magma</translation>
    </message>
    <message>
        <source>cividis</source>
        <translation>cividis</translation>
    </message>
    <message>
        <source>Opacity of the heat map</source>
        <translation>热图的不透明度</translation>
    </message>
    <message>
        <source>Colour map %1</source>
        <translation>颜色映射 %1</translation>
    </message>
    <message>
        <source>Opacity</source>
        <translation>不透明度</translation>
    </message>
    <message>
        <source>Heat map: %1</source>
        <translation>热图：%1</translation>
    </message>
    <message>
        <source>Drop an image or a folder anywhere on the window</source>
        <translation>把图像或文件夹拖放到窗口的任意位置</translation>
    </message>
    <message>
        <source>Drop a checkpoint and an image anywhere on the window</source>
        <translation>把检查点和图像拖放到窗口的任意位置</translation>
    </message>
    <message>
        <source>Heat map over the image (3 to 9, P; 0: none)</source>
        <translation>叠加在图像上的热图（3 到 9、P；0：无）</translation>
    </message>
    <message>
        <source>Feature component</source>
        <translation>特征主成分</translation>
    </message>
    <message>
        <source>Principal components of the features: the first three as red, green and blue, or one alone, which needs no sense of colours</source>
        <translation>特征的主成分：前三个显示为红、绿、蓝，或只显示其中一个（无需分辨颜色）</translation>
    </message>
    <message>
        <source>RGB</source>
        <translation>三色</translation>
    </message>
    <message>
        <source>PC %1</source>
        <translation>主成分 %1</translation>
    </message>
</context>
<context>
    <name>mixer::ui::CanvasVeil</name>
    <message>
        <source>Until then everything shown is of %1</source>
        <translation>在此之前，显示的一切仍属于 %1</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ChannelsView</name>
    <message>
        <source>What is shown of the channels</source>
        <translation>显示通道的哪一方面</translation>
    </message>
    <message>
        <source>gates</source>
        <translation>门控值</translation>
    </message>
    <message>
        <source>output gates</source>
        <translation>输出门控</translation>
    </message>
    <message>
        <source>distribution</source>
        <translation>分布</translation>
    </message>
    <message>
        <source>Order of the lanes</source>
        <translation>扫描道的排列顺序</translation>
    </message>
    <message>
        <source>Order of the rows. Contribution: how far the logit of the selected class falls when the channel is held at zero. Cluster: channels that open and shut together lie beside each other</source>
        <translation>各行的排列顺序。贡献：把该通道固定为零时，所选类别的 logit 下降多少。聚类：同开同关的通道排在一起</translation>
    </message>
    <message>
        <source>by number</source>
        <translation>按编号</translation>
    </message>
    <message>
        <source>by mean gate</source>
        <translation>按平均门控值</translation>
    </message>
    <message>
        <source>by variance</source>
        <translation>按方差</translation>
    </message>
    <message>
        <source>by contribution</source>
        <translation>按贡献</translation>
    </message>
    <message>
        <source>by cluster</source>
        <translation>按聚类</translation>
    </message>
    <message>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Unselect the lane: overlays show the mean of all lanes (Esc)</source>
        <translation>取消选择扫描道：叠加层显示所有扫描道的平均 (Esc)</translation>
    </message>
    <message>
        <source>Gate of each lane at each step</source>
        <translation>每条扫描道在每一步的门控值</translation>
    </message>
    <message>
        <source>What each channel lets in appears here</source>
        <translation>每个通道放入了什么将显示在这里</translation>
    </message>
    <message>
        <source>Channels %1</source>
        <translation>通道排列：%1</translation>
    </message>
    <message>
        <source>Show %1</source>
        <translation>显示：%1</translation>
    </message>
    <message>
        <source>%1 · %2 tokens</source>
        <translation>%1 · %2 个词元</translation>
    </message>
    <message>
        <source>%1 · %2 channels</source>
        <translation>%1 · %2 个通道</translation>
    </message>
    <message>
        <source>%1 · token %2</source>
        <translation>%1 · 词元 %2</translation>
    </message>
    <message>
        <source>%1 · channel %2</source>
        <translation>%1 · 通道 %2</translation>
    </message>
    <message>
        <source> · %1 always open</source>
        <translation> · %1 个始终打开</translation>
    </message>
    <message>
        <source> · %1 always shut</source>
        <translation> · %1 个始终关闭</translation>
    </message>
    <message>
        <source>Hold channel %1 at zero</source>
        <translation>将通道 %1 固定为零</translation>
    </message>
    <message>
        <source>Hold channel %1 at its mean</source>
        <translation>将通道 %1 固定为其平均值</translation>
    </message>
</context>
<context>
    <name>mixer::ui::CommandSearch</name>
    <message>
        <source>Search everything</source>
        <translation>全局搜索</translation>
    </message>
    <message>
        <source>Command, panel, mixer, class, image or word</source>
        <translation>命令、面板、混合器、类别、图像或术语</translation>
    </message>
    <message>
        <source>What was found</source>
        <translation>查找结果</translation>
    </message>
    <message>
        <source>Nothing has these words in its name.</source>
        <translation>没有名字包含这些词的内容。</translation>
    </message>
</context>
<context>
    <name>mixer::ui::CompareBar</name>
    <message>
        <source>Flip</source>
        <translation>翻看</translation>
    </message>
    <message>
        <source>Flip: the second picture in place of the first while this is pressed</source>
        <translation>翻看：按住时第二幅画面替换第一幅</translation>
    </message>
    <message>
        <source>Comparing…</source>
        <translation>正在比较…</translation>
    </message>
    <message>
        <source>Open an image to compare with</source>
        <translation>请打开一张用于比较的图像</translation>
    </message>
</context>
<context>
    <name>mixer::ui::CompareCommands</name>
    <message>
        <source>With another &amp;precision or device</source>
        <translation>与另一种精度或设备(&amp;P)</translation>
    </message>
    <message>
        <source>Compare with the baseline</source>
        <translation>与基线比较</translation>
    </message>
    <message>
        <source>Compare: %1</source>
        <translation>比较：%1</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>End the comparison</source>
        <translation>结束比较</translation>
    </message>
    <message>
        <source>Compare with another model</source>
        <translation>与另一个模型比较</translation>
    </message>
    <message>
        <source>Checkpoints (%1);;All files (*)</source>
        <translation>检查点 (%1);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Compare with another image</source>
        <translation>与另一张图像比较</translation>
    </message>
    <message>
        <source>Pictures (%1);;All files (*)</source>
        <translation>图片 (%1);;所有文件 (*)</translation>
    </message>
</context>
<context>
    <name>mixer::ui::CompareView</name>
    <message>
        <source>Relative difference of each mixer&apos;s output</source>
        <translation>每个混合器输出的相对差异</translation>
    </message>
    <message>
        <source>Menu Compare puts another model, image or precision, or the baseline, beside what is shown. Two checkpoints dropped on the window are compared at once</source>
        <translation>“比较”菜单把另一个模型、图像、精度或基线放在当前显示的旁边。把两个检查点拖放到窗口即可直接比较</translation>
    </message>
    <message>
        <source>Predictions of both</source>
        <translation>两者的预测</translation>
    </message>
    <message>
        <source>class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>change</source>
        <translation>变化</translation>
    </message>
    <message>
        <source>First other choice of scans: %1, mixer %2.</source>
        <translation>第一处不同的扫描选择：%1，第 %2 个混合器。</translation>
    </message>
    <message>
        <source>The networks share no class.</source>
        <translation>两个网络没有共同的类别。</translation>
    </message>
    <message>
        <source>Logits: %1.</source>
        <translation>logit：%1。</translation>
    </message>
    <message>
        <source>logit %1 in A, %2 in B</source>
        <translation>logit 在 A 中为 %1，在 B 中为 %2</translation>
    </message>
    <message>
        <source>%1 of A&apos;s %2 mixers can be compared.</source>
        <translation>A 的 %2 个混合器中有 %1 个可以比较。</translation>
    </message>
    <message>
        <source>%1 mixers of B have no counterpart in A.</source>
        <translation>B 中有 %1 个混合器在 A 中没有对应。</translation>
    </message>
</context>
<context>
    <name>mixer::ui::Comparison</name>
    <message>
        <source>Explaining the other</source>
        <translation>正在解释另一方</translation>
    </message>
    <message>
        <source>Comparing</source>
        <translation>正在比较</translation>
    </message>
    <message>
        <source>%1 has no counterpart here; %2 is shown</source>
        <translation>%1 在这里没有对应；显示的是 %2</translation>
    </message>
    <message>
        <source>%1 × %2 tokens beside %3 × %4: places agree, differences cannot be made</source>
        <translation>%1 × %2 个词元与 %3 × %4 个并排：位置一致，但无法求差</translation>
    </message>
    <message>
        <source>scan %1 was not chosen here; %2 is shown</source>
        <translation>这里没有选中扫描 %1；显示的是 %2</translation>
    </message>
    <message>
        <source>without the edits, which do not fit here</source>
        <translation>不带干预：它们不适用于这里</translation>
    </message>
    <message>
        <source>components along the axes of A</source>
        <translation>主成分沿 A 的主轴</translation>
    </message>
    <message>
        <source>components along axes of its own: colours do not compare</source>
        <translation>主成分沿自身的主轴：颜色不可相互比较</translation>
    </message>
</context>
<context>
    <name>mixer::ui::Describe</name>
    <message>
        <source>only %1</source>
        <translation>只用 %1</translation>
    </message>
    <message>
        <source>never %1</source>
        <translation>不用 %1</translation>
    </message>
    <message>
        <source>weight of %1 = %2</source>
        <translation>%1 的权重 = %2</translation>
    </message>
    <message>
        <source>every scan</source>
        <translation>每个扫描</translation>
    </message>
    <message>
        <source>%1 in the order that was drawn</source>
        <translation>%1 改用绘制的顺序</translation>
    </message>
    <message>
        <source>%1 in the order of %2</source>
        <translation>%1 改用 %2 的顺序</translation>
    </message>
    <message>
        <source>%1 held at 0</source>
        <translation>%1 固定为 0</translation>
    </message>
    <message>
        <source>%1 held at the mean</source>
        <translation>%1 固定为平均值</translation>
    </message>
    <message>
        <source>%1 times %2</source>
        <translation>%1 乘以 %2</translation>
    </message>
    <message>
        <source>step size times %1</source>
        <translation>步长乘以 %1</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>an edit and its channels</comment>
        <translation>%1，%2</translation>
    </message>
    <message>
        <source>%1, scan %2</source>
        <translation>%1，扫描 %2</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>stage %1: %2[%3,%4] = %5</source>
        <translation>阶段 %1：%2[%3,%4] = %5</translation>
    </message>
    <message>
        <source>output of %1</source>
        <translation>%1 的输出</translation>
    </message>
    <message>
        <source>state of %1 after step %2 of %3</source>
        <translation>%1 的状态，%3 第 %2 步之后</translation>
    </message>
</context>
<context>
    <name>mixer::ui::Docks</name>
    <message>
        <source>Double click takes the panel out</source>
        <translation>双击可取出面板</translation>
    </message>
    <message>
        <source>Take out</source>
        <translation>取出</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ExportDialog</name>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
    <message>
        <source>Caption: model, image, mixer, scan, edits, version</source>
        <translation>图注：模型、图像、混合器、扫描、干预、版本</translation>
    </message>
    <message>
        <source>Transparent background</source>
        <translation>透明背景</translation>
    </message>
    <message>
        <source>Recipe: how to make it again</source>
        <translation>配方：如何重新制作</translation>
    </message>
    <message>
        <source>Export figure</source>
        <translation>导出图形</translation>
    </message>
    <message>
        <source>Single column (3.35 in)</source>
        <translation>单栏（3.35 英寸）</translation>
    </message>
    <message>
        <source>Double column (7 in)</source>
        <translation>双栏（7 英寸）</translation>
    </message>
    <message>
        <source> dpi</source>
        <translation> dpi</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Names and SHA-256 of model and picture, selection, edits and all options inside the file: “mixerscope export --recipe FILE” makes it again, byte for byte. It holds the names of your folders</source>
        <translation>文件中写入模型和图片的名称与 SHA-256、选择、干预以及所有选项：“mixerscope export --recipe FILE” 可以逐字节地重新制作它。其中包含您的文件夹名称</translation>
    </message>
    <message>
        <source>Browse…</source>
        <translation>浏览…</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>导出</translation>
    </message>
    <message>
        <source>Figure</source>
        <translation>图形</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>格式</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>宽度</translation>
    </message>
    <message>
        <source>Resolution</source>
        <translation>分辨率</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>Predictions</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Routing: scans chosen in each mixer</source>
        <translation>路由：每个混合器选中的扫描</translation>
    </message>
    <message>
        <source>Scan path over the image</source>
        <translation>图像上的扫描路径</translation>
    </message>
    <message>
        <source>Gates of each lane</source>
        <translation>每条扫描道的门控值</translation>
    </message>
    <message>
        <source>State at the current step</source>
        <translation>当前步的状态</translation>
    </message>
    <message>
        <source>Distribution of the gates</source>
        <translation>门控值的分布</translation>
    </message>
    <message>
        <source>Implicit attention of the selected token</source>
        <translation>所选词元的隐式注意力</translation>
    </message>
    <message>
        <source>Parts of the scan&apos;s output</source>
        <translation>扫描输出的组成</translation>
    </message>
    <message>
        <source>Weights that average earlier features</source>
        <translation>先前特征的平均权重</translation>
    </message>
    <message>
        <source>Scans by class, over all images</source>
        <translation>各类别的扫描，统计所有图像</translation>
    </message>
    <message>
        <source>%1 file (*.%2)</source>
        <translation>%1 文件 (*.%2)</translation>
    </message>
    <message>
        <source>%1 exists already.</source>
        <translation>%1 已经存在。</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>Difference of two runs, mixer by mixer</source>
        <translation>两次运行的差异，逐个混合器</translation>
    </message>
    <message>
        <source>Maps of two runs and their difference</source>
        <translation>两次运行的热图及其差异</translation>
    </message>
    <message>
        <source>Receptive fields by scan and direction</source>
        <translation>按扫描和方向的感受野</translation>
    </message>
    <message>
        <source>Effects of patches from another image</source>
        <translation>来自另一图像的替换的影响</translation>
    </message>
</context>
<context>
    <name>mixer::ui::FigureView</name>
    <message>
        <source>Open a model and an image</source>
        <translation>请打开一个模型和一张图像</translation>
    </message>
    <message>
        <source>Copy figure</source>
        <translation>复制图形</translation>
    </message>
    <message>
        <source>Export figure…</source>
        <translation>导出图形…</translation>
    </message>
    <message>
        <source>Receptive fields</source>
        <translation>感受野</translation>
    </message>
</context>
<context>
    <name>mixer::ui::FileCommands</name>
    <message>
        <source>Open images</source>
        <translation>打开图像</translation>
    </message>
    <message>
        <source>Pictures (%1);;All files (*)</source>
        <translation>图片 (%1);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Open a model</source>
        <translation>打开模型</translation>
    </message>
    <message>
        <source>Checkpoints (%1);;All files (*)</source>
        <translation>检查点 (%1);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Open a session</source>
        <translation>打开会话</translation>
    </message>
    <message>
        <source>Sessions (*.mixerscope);;All files (*)</source>
        <translation>会话 (*.mixerscope);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Save the session</source>
        <translation>保存会话</translation>
    </message>
    <message>
        <source>Sessions (*.mixerscope)</source>
        <translation>会话 (*.mixerscope)</translation>
    </message>
    <message>
        <source>Saved %1, without the pasted images: they have no file</source>
        <translation>已保存 %1，不包括粘贴的图像：它们没有文件</translation>
    </message>
    <message>
        <source>Saved %1</source>
        <translation>已保存 %1</translation>
    </message>
    <message numerus="yes">
        <source>Two checkpoints are compared at a time; %n were left out</source>
        <translation>
            <numerusform>一次比较两个检查点；另外 %n 个已略过</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>mixer::ui::FindableModel</name>
    <message>
        <source>%1, %2</source>
        <translation>%1，%2</translation>
    </message>
</context>
<context>
    <name>mixer::ui::GuidePage</name>
    <message>
        <source>Chapter</source>
        <translation>章节</translation>
    </message>
</context>
<context>
    <name>mixer::ui::GuideWindow</name>
    <message>
        <source>User guide</source>
        <translation>用户指南</translation>
    </message>
    <message>
        <source>Search the guide</source>
        <translation>搜索指南</translation>
    </message>
    <message>
        <source>Chapters with all of these words (Ctrl+F); Enter opens the first, F3 goes to the next place</source>
        <translation>包含所有这些词的章节 (Ctrl+F)；回车打开第一个，F3 跳到下一处</translation>
    </message>
    <message>
        <source>Chapters</source>
        <translation>章节目录</translation>
    </message>
    <message>
        <source>Back (Alt+Left)</source>
        <translation>后退 (Alt+左)</translation>
    </message>
    <message>
        <source>Forward (Alt+Right)</source>
        <translation>前进 (Alt+右)</translation>
    </message>
    <message>
        <source>The guide is not installed: it was looked for in %1, beside the program. The package and the install target bring it.</source>
        <translation>没有安装指南：在程序旁边的 %1 中没有找到。安装包和 install 目标会带上它。</translation>
    </message>
    <message>
        <source>%1 – user guide</source>
        <translation>%1 – 用户指南</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ImageListModel</name>
    <message>
        <source>%1, %2 with %3</source>
        <translation>%1，%2，概率 %3</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ImagesView</name>
    <message>
        <source>cannot be shown</source>
        <translation>无法显示</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>%1, not %2</source>
        <translation>%1，应为 %2</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Drop images or a folder here</source>
        <translation>把图像或文件夹拖放到这里</translation>
    </message>
    <message>
        <source>No image has these words</source>
        <translation>没有图像包含这些词</translation>
    </message>
    <message>
        <source>Filter</source>
        <translation>筛选</translation>
    </message>
    <message>
        <source>Filter the images</source>
        <translation>筛选图像</translation>
    </message>
    <message>
        <source>Words of the name, the prediction or the folder</source>
        <translation>名称、预测或文件夹中的词</translation>
    </message>
    <message>
        <source>Order of the images</source>
        <translation>图像的排列顺序</translation>
    </message>
    <message>
        <source>as opened</source>
        <translation>按打开顺序</translation>
    </message>
    <message>
        <source>by name</source>
        <translation>按名称</translation>
    </message>
    <message>
        <source>least sure first</source>
        <translation>最没把握的在前</translation>
    </message>
    <message>
        <source>most sure first</source>
        <translation>最有把握的在前</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>显示</translation>
    </message>
    <message>
        <source>Take over its output of %1</source>
        <translation>换成它在 %1 的输出</translation>
    </message>
    <message>
        <source>Take over its state after step %1 of %2</source>
        <translation>换成它在 %1 第 %2 步之后的状态</translation>
    </message>
    <message>
        <source>%1 of %2 images</source>
        <translation>%1 / %2 张图像</translation>
    </message>
    <message numerus="yes">
        <source>%n images</source>
        <translation>
            <numerusform>%n 张图像</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 of %2 as labelled</source>
        <translation>%1 / %2 与标签一致</translation>
    </message>
    <message>
        <source>Compare with the shown image</source>
        <translation>与当前显示的图像比较</translation>
    </message>
    <message>
        <source>Order of the images. Errors: what failed, then predictions that are not the class that the folder is named after</source>
        <translation>图像的顺序。错误：先是失败的图像，然后是预测与文件夹名所示类别不同的图像</translation>
    </message>
    <message>
        <source>errors first</source>
        <translation>错误优先</translation>
    </message>
</context>
<context>
    <name>mixer::ui::InferenceWorker</name>
    <message>
        <source>There is not enough memory for this. Close other images, or use a smaller input.</source>
        <translation>内存不足，无法完成此操作。请关闭其他图像，或使用更小的输入。</translation>
    </message>
    <message>
        <source>An unknown error occurred in “%1”.</source>
        <translation>“%1” 中发生未知错误。</translation>
    </message>
</context>
<context>
    <name>mixer::ui::InputDialog</name>
    <message>
        <source> px</source>
        <translation> px</translation>
    </message>
    <message>
        <source>Input and labels</source>
        <translation>输入与标签</translation>
    </message>
    <message>
        <source>Crop</source>
        <translation>裁剪</translation>
    </message>
    <message>
        <source>Centre crop, keeping</source>
        <translation>中心裁剪，保留比例</translation>
    </message>
    <message>
        <source>Stretch the whole picture</source>
        <translation>拉伸整张图片</translation>
    </message>
    <message>
        <source>Whole picture in its own size</source>
        <translation>整张图片，保持原尺寸</translation>
    </message>
    <message>
        <source>The part of the resized picture&apos;s side that the network sees</source>
        <translation>缩放后的图片边长中网络看到的部分</translation>
    </message>
    <message>
        <source>The checkpoint&apos;s own</source>
        <translation>检查点自带</translation>
    </message>
    <message>
        <source>Choose…</source>
        <translation>选择…</translation>
    </message>
    <message>
        <source>Names of the classes</source>
        <translation>类别名称</translation>
    </message>
    <message>
        <source>Names (*.txt *.json *.csv);;All files (*)</source>
        <translation>名称 (*.txt *.json *.csv);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Height, width</source>
        <translation>高，宽</translation>
    </message>
    <message>
        <source>Mean (R, G, B)</source>
        <translation>均值（R、G、B）</translation>
    </message>
    <message>
        <source>Std (R, G, B)</source>
        <translation>标准差（R、G、B）</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>内存</translation>
    </message>
    <message>
        <source>As configured</source>
        <translation>按配置</translation>
    </message>
    <message>
        <source>at most %1, for a square picture of %2 pixels</source>
        <translation>最多 %1，对应边长 %2 像素的正方形图片</translation>
    </message>
</context>
<context>
    <name>mixer::ui::InspectionDocument</name>
    <message>
        <source>Opening %1</source>
        <translation>正在打开 %1</translation>
    </message>
    <message numerus="yes">
        <source>%n images of the table failed; hover them in the list to read why</source>
        <translation>
            <numerusform>表中有 %n 张图像失败；在列表中把鼠标停在上面可查看原因</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 was not opened. %2</source>
        <translation>没有打开 %1。%2</translation>
    </message>
    <message>
        <source>Opening the session</source>
        <translation>正在打开会话</translation>
    </message>
    <message>
        <source>The session was not opened. %1</source>
        <translation>没有打开会话。%1</translation>
    </message>
    <message numerus="yes">
        <source>%n images were left out because they cannot be decoded. The first: %1</source>
        <translation>
            <numerusform>%n 张图像无法解码，已略过。第一张：%1</numerusform>
        </translation>
    </message>
    <message>
        <source>Pasted image %1</source>
        <translation>粘贴的图像 %1</translation>
    </message>
    <message>
        <source>Pasting an image</source>
        <translation>正在粘贴图像</translation>
    </message>
    <message>
        <source>Running the model</source>
        <translation>正在运行模型</translation>
    </message>
    <message>
        <source>Running with the edits</source>
        <translation>正在带干预运行</translation>
    </message>
    <message>
        <source>Computing %1</source>
        <translation>正在计算 %1</translation>
    </message>
    <message>
        <source>View</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>Edit: %1</source>
        <translation>干预：%1</translation>
    </message>
    <message>
        <source>Compare with %1</source>
        <translation>与 %1 比较</translation>
    </message>
</context>
<context>
    <name>mixer::ui::InterventionsView</name>
    <message>
        <source>Skip mixer</source>
        <translation>跳过混合器</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清空</translation>
    </message>
    <message>
        <source>Edits</source>
        <translation>干预</translation>
    </message>
    <message>
        <source>Nothing is edited. Click a scan that was not chosen to force it, hold a channel from its context menu in Channels, drag another image from the list onto a mixer or onto States to take over what it has there, or use the controls below.</source>
        <translation>目前没有干预。可以点击未选中的扫描来强制使用它，在“通道”面板的右键菜单中固定一个通道，把列表中的另一张图像拖到某个混合器或“状态”面板上以换用它在那里的内容，或使用下面的控件。</translation>
    </message>
    <message>
        <source>Factor of the step size</source>
        <translation>步长的系数</translation>
    </message>
    <message>
        <source>Scales Δ of the selected mixer: 0 steps over every token, large ones forget at once. The prediction follows.</source>
        <translation>缩放所选混合器的 Δ：0 跳过每个词元，很大的值立即遗忘。预测随之更新。</translation>
    </message>
    <message>
        <source>The selected mixer hands its input on as it is</source>
        <translation>所选混合器把输入原样传下去</translation>
    </message>
    <message>
        <source>Remove the selected edit (Del)</source>
        <translation>移除所选的干预 (Del)</translation>
    </message>
    <message>
        <source>Remove all edits</source>
        <translation>移除所有干预</translation>
    </message>
    <message>
        <source>Edited</source>
        <translation>干预后</translation>
    </message>
    <message>
        <source>Baseline</source>
        <translation>基线</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>What every view shows when edits are active</source>
        <translation>有干预时各视图显示什么</translation>
    </message>
    <message>
        <source>Show: %1</source>
        <translation>显示：%1</translation>
    </message>
    <message>
        <source>Selected mixer: %1</source>
        <translation>所选混合器：%1</translation>
    </message>
    <message>
        <source>No mixer is selected</source>
        <translation>没有选择混合器</translation>
    </message>
    <message>
        <source>Hold channel %1 at 0</source>
        <translation>将通道 %1 固定为 0</translation>
    </message>
    <message>
        <source>Hold channel at 0</source>
        <translation>将通道固定为 0</translation>
    </message>
    <message>
        <source>What channel %1 hands on becomes zero</source>
        <translation>通道 %1 传下去的内容变为零</translation>
    </message>
    <message>
        <source>Select a channel first: click a row in Channels</source>
        <translation>请先选择一个通道：点击“通道”面板中的一行</translation>
    </message>
    <message>
        <source>Δ × %1</source>
        <translation>Δ × %1</translation>
    </message>
    <message>
        <source>Scale Δ of %1</source>
        <translation>缩放 %1 的 Δ</translation>
    </message>
    <message>
        <source>Switch on: %1</source>
        <translation>启用：%1</translation>
    </message>
    <message>
        <source>Switch off: %1</source>
        <translation>停用：%1</translation>
    </message>
    <message>
        <source>Remove: %1</source>
        <translation>移除：%1</translation>
    </message>
    <message>
        <source>Nothing changes.</source>
        <translation>没有变化。</translation>
    </message>
    <message>
        <source>First change: %1.</source>
        <translation>第一处变化：%1。</translation>
    </message>
    <message>
        <source>%1: %2 → %3.</source>
        <translation>%1：%2 → %3。</translation>
    </message>
    <message>
        <source>Now first: %1 (%2).</source>
        <translation>现在第一名：%1（%2）。</translation>
    </message>
</context>
<context>
    <name>mixer::ui::MainWindow</name>
    <message>
        <source>Images</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Predictions</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>通道</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Attribution</source>
        <translation>归因</translation>
    </message>
    <message>
        <source>Mixing</source>
        <translation>混合</translation>
    </message>
    <message>
        <source>States</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Edits</source>
        <translation>干预</translation>
    </message>
    <message>
        <source>Scans</source>
        <translation>扫描</translation>
    </message>
    <message>
        <source>Scan order</source>
        <translation>扫描顺序</translation>
    </message>
    <message>
        <source>Router statistics</source>
        <translation>路由统计</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>张量</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>文件(&amp;F)</translation>
    </message>
    <message>
        <source>&amp;Recent</source>
        <translation>最近的文件(&amp;R)</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>编辑(&amp;E)</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>视图(&amp;V)</translation>
    </message>
    <message>
        <source>&amp;Panels</source>
        <translation>面板(&amp;P)</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>主题(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Model</source>
        <translation>模型(&amp;M)</translation>
    </message>
    <message>
        <source>&amp;Select</source>
        <translation>选择(&amp;S)</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>帮助(&amp;H)</translation>
    </message>
    <message>
        <source>Remove all edits</source>
        <translation>移除所有干预</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>Patch grid</source>
        <translation>图像块网格</translation>
    </message>
    <message>
        <source>Scan path</source>
        <translation>扫描路径</translation>
    </message>
    <message>
        <source>No overlays</source>
        <translation>不显示叠加层</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>热图</translation>
    </message>
    <message>
        <source>Lock the colours</source>
        <translation>锁定颜色范围</translation>
    </message>
    <message>
        <source>Unlock the colours</source>
        <translation>解除颜色范围锁定</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>撤销(&amp;U)</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>重做(&amp;R)</translation>
    </message>
    <message>
        <source>1 edit</source>
        <translation>1 项干预</translation>
    </message>
    <message numerus="yes">
        <source>%n edits</source>
        <translation>
            <numerusform>%n 项干预</numerusform>
        </translation>
    </message>
    <message>
        <source>Wrote %1</source>
        <translation>已写入 %1</translation>
    </message>
    <message>
        <source>Copied the figure</source>
        <translation>已复制图形</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>比较</translation>
    </message>
    <message>
        <source>&amp;Compare</source>
        <translation>比较(&amp;C)</translation>
    </message>
    <message>
        <source>Patching</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>Feature component</source>
        <translation>特征主成分</translation>
    </message>
</context>
<context>
    <name>mixer::ui::MemoryDialog</name>
    <message>
        <source> px</source>
        <translation> px</translation>
    </message>
    <message>
        <source>Use this size</source>
        <translation>使用此尺寸</translation>
    </message>
    <message>
        <source>Memory planner</source>
        <translation>内存规划</translation>
    </message>
    <message>
        <source>Pictures of</source>
        <translation>图片尺寸</translation>
    </message>
    <message>
        <source>height × width</source>
        <translation>高 × 宽</translation>
    </message>
    <message>
        <source>Height of the pictures</source>
        <translation>图片的高</translation>
    </message>
    <message>
        <source>Width of the pictures</source>
        <translation>图片的宽</translation>
    </message>
    <message>
        <source>Runs the picture at this size instead of the configured one</source>
        <translation>以此尺寸而不是配置的尺寸运行图片</translation>
    </message>
    <message>
        <source>Share of the free memory</source>
        <translation>占可用内存的比例</translation>
    </message>
    <message>
        <source>Memory of each mixer</source>
        <translation>每个混合器的内存</translation>
    </message>
    <message>
        <source>Mixer</source>
        <translation>混合器</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>词元数</translation>
    </message>
    <message>
        <source>Recorded</source>
        <translation>记录</translation>
    </message>
    <message>
        <source>Closer look</source>
        <translation>细看</translation>
    </message>
    <message>
        <source>Every state</source>
        <translation>全部状态</translation>
    </message>
    <message>
        <source>If somebody wanted to keep them all: nobody does</source>
        <translation>假如要全部保留：没有人这样做</translation>
    </message>
    <message>
        <source>Recorded run</source>
        <translation>记录的运行</translation>
    </message>
    <message>
        <source>Stored: input and output of every mixer, and the prepared picture</source>
        <translation>已保存：每个混合器的输入和输出，以及预处理后的图片</translation>
    </message>
    <message>
        <source>Computed again from the record, for one mixer at a time: Δ, B, C, gates (the largest mixer counts)</source>
        <translation>根据记录重新计算，每次一个混合器：Δ、B、C、门控值（以最大的混合器计）</translation>
    </message>
    <message>
        <source>Not kept: states at the borders of chunks of 64 steps are, within a closer look; the rest is computed again when a step is looked at</source>
        <translation>不保留：细看时只保存每 64 步一段的边界处的状态；其余在查看某一步时重新计算</translation>
    </message>
    <message>
        <source>Attention</source>
        <translation>注意力</translation>
    </message>
    <message>
        <source>Never the matrix: a row or a column at a time</source>
        <translation>从不保存整个矩阵：每次只算一行或一列</translation>
    </message>
    <message>
        <source>Fits: %1.</source>
        <translation>可以容纳：%1。</translation>
    </message>
</context>
<context>
    <name>mixer::ui::MemoryRoom</name>
    <message>
        <source>about %1</source>
        <translation>约 %1</translation>
    </message>
    <message>
        <source>about %1 of %2 that are free</source>
        <translation>约 %1，可用 %2</translation>
    </message>
</context>
<context>
    <name>mixer::ui::MessageBar</name>
    <message>
        <source>Message</source>
        <translation>消息</translation>
    </message>
    <message>
        <source>Close the message</source>
        <translation>关闭消息</translation>
    </message>
    <message>
        <source>Close; the message stays in the list of warnings</source>
        <translation>关闭；消息保留在警告列表中</translation>
    </message>
</context>
<context>
    <name>mixer::ui::MissingFileDialog</name>
    <message>
        <source>A file of the session is missing</source>
        <translation>会话缺少一个文件</translation>
    </message>
    <message>
        <source>&lt;p&gt;&lt;b&gt;%1&lt;/b&gt; is not there any more:&lt;/p&gt;&lt;p&gt;%2&lt;/p&gt;&lt;p&gt;%3&lt;/p&gt;</source>
        <translation>&lt;p&gt;&lt;b&gt;%1&lt;/b&gt; 已经不存在：&lt;/p&gt;&lt;p&gt;%2&lt;/p&gt;&lt;p&gt;%3&lt;/p&gt;</translation>
    </message>
    <message>
        <source>Without it the session opens with its images alone.</source>
        <translation>没有它，会话只会打开其中的图像。</translation>
    </message>
    <message>
        <source>Other files of its folder are then looked for beside it.</source>
        <translation>然后会在它旁边查找同一文件夹的其他文件。</translation>
    </message>
    <message>
        <source>Find it…</source>
        <translation>查找…</translation>
    </message>
    <message>
        <source>Go on without it</source>
        <translation>不用它继续</translation>
    </message>
    <message>
        <source>Do not open</source>
        <translation>不打开</translation>
    </message>
    <message numerus="yes">
        <source>The same for %n others that are missing</source>
        <translation>
            <numerusform>对其余 %n 个缺少的文件同样处理</numerusform>
        </translation>
    </message>
    <message>
        <source>Checkpoints (%1);;All files (*)</source>
        <translation>检查点 (%1);;所有文件 (*)</translation>
    </message>
    <message>
        <source>%1;;All files (*)</source>
        <translation>%1;;所有文件 (*)</translation>
    </message>
    <message>
        <source>Where is %1?</source>
        <translation>%1 在哪里？</translation>
    </message>
</context>
<context>
    <name>mixer::ui::MixingView</name>
    <message>
        <source>Weights that average earlier features</source>
        <translation>先前特征的平均权重</translation>
    </message>
    <message>
        <source>Which features feed which mixer appears here</source>
        <translation>哪些特征送入哪个混合器将显示在这里</translation>
    </message>
    <message>
        <source>The weight</source>
        <translation>该权重</translation>
    </message>
    <message>
        <source>Change the weight: an edit, which can be undone</source>
        <translation>改变权重：一项干预，可以撤销</translation>
    </message>
    <message>
        <source>Click a weight to change it</source>
        <translation>点击一个权重来改变它</translation>
    </message>
    <message>
        <source>%1 of stage %2, row %3, column %4</source>
        <translation>%1，阶段 %2，第 %3 行，第 %4 列</translation>
    </message>
    <message>
        <source>Change %1</source>
        <translation>改变 %1</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ModelView</name>
    <message>
        <source>%1 k</source>
        <translation>%1 k</translation>
    </message>
    <message>
        <source>%1 M</source>
        <translation>%1 M</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1 个参数</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>%1 ms of %2 ms</source>
        <translation>%1 ms，共 %2 ms</translation>
    </message>
    <message>
        <source>What became of every tensor of the checkpoint</source>
        <translation>检查点中每个张量的去向</translation>
    </message>
    <message>
        <source>Stages, blocks and mixers of the model</source>
        <translation>模型的阶段、块和混合器</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>Params</source>
        <translation>参数</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Drop a checkpoint here</source>
        <translation>把检查点拖放到这里</translation>
    </message>
    <message>
        <source>%1 · %2 parameters</source>
        <translation>%1 · %2 个参数</translation>
    </message>
    <message>
        <source>Layer %1</source>
        <translation>层 %1</translation>
    </message>
    <message>
        <source>Stage %1</source>
        <translation>阶段 %1</translation>
    </message>
    <message>
        <source>%1 channels</source>
        <translation>%1 个通道</translation>
    </message>
    <message>
        <source>Block %1</source>
        <translation>块 %1</translation>
    </message>
    <message>
        <source>Channel mixer</source>
        <translation>通道混合器</translation>
    </message>
    <message>
        <source>Token mixer %1</source>
        <translation>词元混合器 %1</translation>
    </message>
    <message>
        <source>Take over its output of %1</source>
        <translation>换成它在 %1 的输出</translation>
    </message>
</context>
<context>
    <name>mixer::ui::PaneLink</name>
    <message>
        <source>The image that is compared, with overlays</source>
        <translation>用于比较的图像，带叠加层</translation>
    </message>
    <message>
        <source>B − A over </source>
        <translation>B − A 叠加于 </translation>
    </message>
    <message>
        <source>Opening…</source>
        <translation>正在打开…</translation>
    </message>
</context>
<context>
    <name>mixer::ui::PatchEffectsView</name>
    <message>
        <source>Measure</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>Image that patches are taken from</source>
        <translation>提供替换内容的图像</translation>
    </message>
    <message>
        <source>The image that patches are taken from</source>
        <translation>提供替换内容的图像</translation>
    </message>
    <message>
        <source>What is patched</source>
        <translation>替换什么</translation>
    </message>
    <message>
        <source>outputs</source>
        <translation>输出</translation>
    </message>
    <message>
        <source>states</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Outputs of each mixer in one block of tokens, or the state of a scan after one step</source>
        <translation>每个混合器在一个词元区块中的输出，或扫描在某一步之后的状态</translation>
    </message>
    <message>
        <source>Blocks along each side, or steps</source>
        <translation>每边的区块数，或步数</translation>
    </message>
    <message>
        <source>Probability or logit</source>
        <translation>概率或 logit</translation>
    </message>
    <message>
        <source>probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>logit</source>
        <translation>logit</translation>
    </message>
    <message>
        <source>What patches from another image change</source>
        <translation>来自另一图像的替换改变了什么</translation>
    </message>
    <message>
        <source>Blocks of tokens along each side of the grid</source>
        <translation>网格每边的词元区块数</translation>
    </message>
    <message>
        <source>Steps of each scan</source>
        <translation>每个扫描的步数</translation>
    </message>
    <message>
        <source>What patches from another image change appears here</source>
        <translation>来自另一图像的替换改变了什么，将显示在这里</translation>
    </message>
    <message>
        <source>Patches are taken from another image: add one to the list first</source>
        <translation>替换内容取自另一图像：请先在列表中添加一幅</translation>
    </message>
    <message>
        <source>Choose another image than the one that is shown</source>
        <translation>请选择与当前显示不同的图像</translation>
    </message>
    <message>
        <source>Where does the class depend on the image? Measure what each patch from the other image changes</source>
        <translation>类别取决于图像的何处？测量来自另一图像的每个替换改变了什么</translation>
    </message>
    <message>
        <source>measured before the edits changed</source>
        <translation>测量于编辑改变之前</translation>
    </message>
    <message>
        <source>click a cell to make it an edit</source>
        <translation>点击单元格将其变为编辑</translation>
    </message>
    <message>
        <source>%1: %2 here, %3 there</source>
        <translation>%1：本图 %2，另一图像 %3</translation>
    </message>
    <message>
        <source>A pasted image has no file to take patches from: save it and open it first.</source>
        <translation>粘贴的图像没有可供替换的文件：请先保存并打开它。</translation>
    </message>
    <message>
        <source>Patching from %1</source>
        <translation>从 %1 替换</translation>
    </message>
</context>
<context>
    <name>mixer::ui::PredictionsView</name>
    <message>
        <source>Predictions</source>
        <translation>预测</translation>
    </message>
    <message>
        <source>Probability or logit</source>
        <translation>概率或 logit</translation>
    </message>
    <message>
        <source>probability</source>
        <translation>概率</translation>
    </message>
    <message>
        <source>logit</source>
        <translation>logit</translation>
    </message>
    <message>
        <source>Predictions as %1</source>
        <translation>预测值：%1</translation>
    </message>
    <message>
        <source>What the network says appears here</source>
        <translation>网络的判断将显示在这里</translation>
    </message>
    <message>
        <source>Best: %1, %2</source>
        <translation>最佳：%1，%2</translation>
    </message>
    <message>
        <source>Copy figure</source>
        <translation>复制图形</translation>
    </message>
    <message>
        <source>Export figure…</source>
        <translation>导出图形…</translation>
    </message>
</context>
<context>
    <name>mixer::ui::PreferencesDialog</name>
    <message>
        <source>Default</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>首选项</translation>
    </message>
    <message>
        <source>General</source>
        <translation>常规</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>as the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>主题</translation>
    </message>
    <message>
        <source>viridis</source>
        <translation>viridis</translation>
    </message>
    <message>
        <source>magma</source>
        <translation>magma</translation>
    </message>
    <message>
        <source>cividis</source>
        <translation>cividis</translation>
    </message>
    <message>
        <source>Colours</source>
        <translation>颜色</translation>
    </message>
    <message>
        <source>A second start gives its files to this window</source>
        <translation>再次启动时，把文件交给这个窗口</translation>
    </message>
    <message>
        <source>mixerscope --new opens a window of its own all the same</source>
        <translation>mixerscope --new 仍会打开自己的窗口</translation>
    </message>
    <message>
        <source>Reload the model when its file changes</source>
        <translation>模型文件变化时重新加载</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>语言</translation>
    </message>
    <message>
        <source>Colours of maps</source>
        <translation>图的颜色</translation>
    </message>
    <message>
        <source>Windows</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>模型</translation>
    </message>
    <message>
        <source>Spoken from the next start on.</source>
        <translation>下次启动时生效。</translation>
    </message>
    <message>
        <source>Spoken from the next start on. No font here can write it: install the package %1.</source>
        <translation>下次启动时生效。本机没有可显示它的字体：请安装软件包 %1。</translation>
    </message>
    <message>
        <source>Commands and their keys</source>
        <translation>命令及其按键</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>命令</translation>
    </message>
    <message>
        <source>Keys of the selected command</source>
        <translation>所选命令的按键</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>All defaults</source>
        <translation>全部默认</translation>
    </message>
    <message>
        <source>%1 already belongs to “%2”; take it away there first.</source>
        <translation>%1 已属于“%2”；请先在那里取消。</translation>
    </message>
</context>
<context>
    <name>mixer::ui::Reader</name>
    <message>
        <source>expected a JSON object</source>
        <translation>应为 JSON 对象</translation>
    </message>
    <message>
        <source>%1 at byte %2</source>
        <translation>%1，位于第 %2 字节</translation>
    </message>
    <message>
        <source>expected the key &quot;mixerscope&quot; with the number of the format</source>
        <translation>应有键 &quot;mixerscope&quot; 给出格式编号</translation>
    </message>
    <message>
        <source>it has format %1, made by a newer version; this one knows up to format %2</source>
        <translation>它的格式是 %1，由更新的版本生成；本版本只认识到格式 %2</translation>
    </message>
    <message>
        <source>expected an absolute &quot;path&quot; in &quot;%1&quot;</source>
        <translation>&quot;%1&quot; 中应有绝对路径 &quot;path&quot;</translation>
    </message>
    <message>
        <source>it has %1 images, the most are %2</source>
        <translation>它有 %1 张图像，最多允许 %2 张</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is no mixer</source>
        <translation>&quot;%1&quot; 不是混合器</translation>
    </message>
    <message>
        <source>expected three numbers under &quot;%1&quot;</source>
        <translation>&quot;%1&quot; 下应为三个数</translation>
    </message>
    <message>
        <source>expected two sides from 4 to 16384 under &quot;size&quot;</source>
        <translation>&quot;size&quot; 下应为两个 4 到 16384 之间的边长</translation>
    </message>
    <message>
        <source>expected a number from 0.1 to 1 under &quot;crop&quot;</source>
        <translation>&quot;crop&quot; 下应为 0.1 到 1 之间的数</translation>
    </message>
    <message>
        <source>unknown &quot;mode&quot; %1</source>
        <translation>未知的 &quot;mode&quot; %1</translation>
    </message>
    <message>
        <source>expected a side from 32 to 16384 under &quot;maxSide&quot;</source>
        <translation>&quot;maxSide&quot; 下应为 32 到 16384 之间的边长</translation>
    </message>
    <message>
        <source>unknown &quot;with&quot; in &quot;compare&quot;</source>
        <translation>&quot;compare&quot; 中的 &quot;with&quot; 未知</translation>
    </message>
    <message>
        <source>expected a &quot;file&quot; in &quot;compare&quot; for a model or an image, and for nothing else</source>
        <translation>&quot;compare&quot; 中应有模型或图像的 &quot;file&quot;，且仅限于此</translation>
    </message>
    <message>
        <source>unknown &quot;precision&quot; in &quot;compare&quot;</source>
        <translation>&quot;compare&quot; 中的 &quot;precision&quot; 未知</translation>
    </message>
    <message>
        <source>expected a list under &quot;%1&quot;</source>
        <translation>&quot;%1&quot; 下应为列表</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ReceiptDialog</name>
    <message>
        <source>scalar</source>
        <translation>标量</translation>
    </message>
    <message>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Tensor</source>
        <translation>张量</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>In the network</source>
        <translation>网络中的位置</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>原因</translation>
    </message>
    <message>
        <source>Guess</source>
        <translation>推测</translation>
    </message>
    <message>
        <source>Ignored</source>
        <translation>已忽略</translation>
    </message>
    <message>
        <source>Note</source>
        <translation>说明</translation>
    </message>
    <message>
        <source>Not the default</source>
        <translation>非默认值</translation>
    </message>
    <message>
        <source>Load receipt of %1</source>
        <translation>%1 的加载清单</translation>
    </message>
    <message>
        <source>Filter by name, status, type, shape or reason</source>
        <translation>按名称、状态、类型、形状或原因筛选</translation>
    </message>
    <message>
        <source>Tensors of the checkpoint</source>
        <translation>检查点中的张量</translation>
    </message>
</context>
<context>
    <name>mixer::ui::RouterView</name>
    <message>
        <source>Study the images</source>
        <translation>研究图像</translation>
    </message>
    <message>
        <source>Scans that each class gets</source>
        <translation>每个类别得到的扫描</translation>
    </message>
    <message>
        <source>Which classes get which scans appears here</source>
        <translation>哪些类别得到哪些扫描将显示在这里</translation>
    </message>
    <message>
        <source>Images nearest to another choice of scans</source>
        <translation>最接近改选扫描的图像</translation>
    </message>
    <message>
        <source>Images nearest to another choice in the selected mixer, the nearest first. Click to open.</source>
        <translation>在所选混合器中最接近改选扫描的图像，最接近的在前。点击即可打开。</translation>
    </message>
    <message numerus="yes">
        <source>Studying %n images</source>
        <translation>
            <numerusform>正在研究 %n 张图像</numerusform>
        </translation>
    </message>
    <message>
        <source>This network has no routers: every image runs all of its scans</source>
        <translation>这个网络没有路由器：每张图像都运行全部扫描</translation>
    </message>
    <message>
        <source>1 image</source>
        <translation>1 张图像</translation>
    </message>
    <message numerus="yes">
        <source>%n images</source>
        <translation>
            <numerusform>%n 张图像</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 images studied</source>
        <translation>已研究 %1 张图像</translation>
    </message>
    <message>
        <source>%1, each also flipped, cropped and noisy</source>
        <translation>%1，每张还经过翻转、裁剪和加噪</translation>
    </message>
    <message>
        <source>Nearest to another choice</source>
        <translation>最接近另一选择</translation>
    </message>
    <message>
        <source>Select the mixer whose router is the least sure over all images</source>
        <translation>选择在所有图像上路由器最不确定的混合器</translation>
    </message>
    <message>
        <source>Most divided: %1</source>
        <translation>最分歧：%1</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ScanButton</name>
    <message>
        <source>Scan %1, %2</source>
        <translation>扫描 %1，%2</translation>
    </message>
    <message>
        <source>Scan %1, not chosen, %2</source>
        <translation>扫描 %1，未选中，%2</translation>
    </message>
    <message>
        <source>%1: chosen, %2. Click to follow it.</source>
        <translation>%1：已选中，%2。点击即可跟随。</translation>
    </message>
    <message>
        <source>%1: not chosen, %2. Click to force it and see what changes.</source>
        <translation>%1：未选中，%2。点击即可强制使用，看看有什么变化。</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ScanOrderView</name>
    <message>
        <source>Token at each step</source>
        <translation>每一步的词元</translation>
    </message>
    <message>
        <source>Draw an order</source>
        <translation>绘制顺序</translation>
    </message>
    <message>
        <source>Drag over the image: the scan visits the tokens in the order in which you pass them, the others after them row by row</source>
        <translation>在图像上拖动：扫描按您经过词元的顺序访问它们，其余词元随后逐行访问</translation>
    </message>
    <message>
        <source>Load an order…</source>
        <translation>加载顺序…</translation>
    </message>
    <message>
        <source>A text file with the token (y · width + x) of each step</source>
        <translation>一个文本文件，给出每一步的词元编号 (y · 宽 + x)</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the list of indices</source>
        <translation>复制索引列表</translation>
    </message>
    <message>
        <source>A channel mixer visits the channels in their order, forward and backward.</source>
        <translation>通道混合器按顺序正向和反向访问通道。</translation>
    </message>
    <message>
        <source>The order that a scan runs in appears here</source>
        <translation>扫描的运行顺序将显示在这里</translation>
    </message>
    <message>
        <source>permutation</source>
        <translation>排列</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>是</translation>
    </message>
    <message>
        <source>no</source>
        <translation>否</translation>
    </message>
    <message>
        <source>known as</source>
        <translation>已知名称</translation>
    </message>
    <message>
        <source>no known scan</source>
        <translation>不是已知的扫描</translation>
    </message>
    <message>
        <source>mean step, tokens</source>
        <translation>平均步距（词元）</translation>
    </message>
    <message>
        <source>longest step, tokens</source>
        <translation>最大步距（词元）</translation>
    </message>
    <message>
        <source>steps to a neighbour</source>
        <translation>到相邻词元的步数</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>jumps</source>
        <translation>跳跃</translation>
    </message>
    <message>
        <source>mean gap of neighbours, steps</source>
        <translation>相邻词元的平均间隔（步）</translation>
    </message>
    <message>
        <source>median gap</source>
        <translation>间隔中位数</translation>
    </message>
    <message>
        <source>largest gap</source>
        <translation>最大间隔</translation>
    </message>
    <message>
        <source>Load an order</source>
        <translation>加载顺序</translation>
    </message>
    <message>
        <source>Text (*.txt *.csv *.json);;All files (*)</source>
        <translation>文本 (*.txt *.csv *.json);;所有文件 (*)</translation>
    </message>
    <message>
        <source>%1 cannot be read: %2</source>
        <translation>无法读取 %1：%2</translation>
    </message>
    <message>
        <source>%1 is larger than any order (16 MiB)</source>
        <translation>%1 比任何顺序都大 (16 MiB)</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1：%2</translation>
    </message>
</context>
<context>
    <name>mixer::ui::ScansView</name>
    <message>
        <source>Router probability of each scan in each mixer</source>
        <translation>每个混合器中每个扫描的路由概率</translation>
    </message>
    <message>
        <source>Which scans the router chooses appears here</source>
        <translation>路由器选择哪些扫描将显示在这里</translation>
    </message>
    <message>
        <source>All paths</source>
        <translation>所有路径</translation>
    </message>
    <message>
        <source>Draw the paths of all chosen scans, the selected one in front</source>
        <translation>绘制所有选中扫描的路径，所选的在最前</translation>
    </message>
    <message>
        <source>Undo force</source>
        <translation>撤销强制</translation>
    </message>
    <message>
        <source>Leave the scans of this mixer to the router again</source>
        <translation>重新让路由器决定这个混合器的扫描</translation>
    </message>
    <message>
        <source>Force %1 alone</source>
        <translation>只强制使用 %1</translation>
    </message>
    <message>
        <source>Force %1 beside the others</source>
        <translation>在其他扫描之外强制使用 %1</translation>
    </message>
    <message>
        <source>Forbid %1</source>
        <translation>禁用 %1</translation>
    </message>
    <message>
        <source>Weight of %1</source>
        <translation>%1 的权重</translation>
    </message>
    <message>
        <source>ω × %1</source>
        <translation>ω × %1</translation>
    </message>
    <message>
        <source>Leave the scans to the router</source>
        <translation>让路由器决定扫描</translation>
    </message>
    <message>
        <source>ω %1</source>
        <translation>ω %1</translation>
    </message>
    <message>
        <source>p %1</source>
        <translation>p %1</translation>
    </message>
    <message>
        <source>Directions of %1</source>
        <translation>%1 的方向</translation>
    </message>
    <message>
        <source>%1: %2 of %3 scans</source>
        <translation>%1：%3 个扫描中的 %2 个</translation>
    </message>
    <message>
        <source>%1: all %2 scans</source>
        <translation>%1：全部 %2 个扫描</translation>
    </message>
</context>
<context>
    <name>mixer::ui::StatesView</name>
    <message>
        <source>What is shown of the state</source>
        <translation>显示状态的哪一方面</translation>
    </message>
    <message>
        <source>state h</source>
        <translation>状态 h</translation>
    </message>
    <message>
        <source>kept of the old</source>
        <translation>旧状态保留的部分</translation>
    </message>
    <message>
        <source>added by the token</source>
        <translation>词元写入的部分</translation>
    </message>
    <message>
        <source>retention</source>
        <translation>保留率</translation>
    </message>
    <message>
        <source>memory horizon</source>
        <translation>记忆长度</translation>
    </message>
    <message>
        <source>backward state k</source>
        <translation>反向状态 k</translation>
    </message>
    <message>
        <source>Hidden state at the current step</source>
        <translation>当前步的隐藏状态</translation>
    </message>
    <message>
        <source>What the scan remembers appears here</source>
        <translation>扫描记住的内容将显示在这里</translation>
    </message>
    <message>
        <source>Show %1</source>
        <translation>显示：%1</translation>
    </message>
    <message>
        <source>Take over its state after step %1 of %2, scan %3</source>
        <translation>换成它在 %1 第 %2 步之后的状态，扫描 %3</translation>
    </message>
    <message>
        <source>%1 · %2 · after step %3</source>
        <translation>%1 · %2 · 第 %3 步之后</translation>
    </message>
</context>
<context>
    <name>mixer::ui::StatusStrip</name>
    <message>
        <source>What is done differently from the network as it was trained</source>
        <translation>与训练好的网络有哪些不同</translation>
    </message>
    <message>
        <source>Show all warnings</source>
        <translation>显示所有警告</translation>
    </message>
    <message>
        <source>%1 ms forward</source>
        <translation>前向 %1 ms</translation>
    </message>
    <message>
        <source>%1 kept</source>
        <translation>保留 %1</translation>
    </message>
    <message>
        <source>%1 × %2 px</source>
        <translation>%1 × %2 px</translation>
    </message>
    <message>
        <source>%1 × %2 tokens</source>
        <translation>%1 × %2 个词元</translation>
    </message>
    <message>
        <source>1 thread</source>
        <translation>1 个线程</translation>
    </message>
    <message numerus="yes">
        <source>%n threads</source>
        <translation>
            <numerusform>%n 个线程</numerusform>
        </translation>
    </message>
    <message>
        <source>no model</source>
        <translation>没有模型</translation>
    </message>
    <message>
        <source>1 warning</source>
        <translation>1 条警告</translation>
    </message>
    <message numerus="yes">
        <source>%n warnings</source>
        <translation>
            <numerusform>%n 条警告</numerusform>
        </translation>
    </message>
    <message>
        <source>1 edit active</source>
        <translation>1 项干预生效</translation>
    </message>
    <message numerus="yes">
        <source>%n edits active</source>
        <translation>
            <numerusform>%n 项干预生效</numerusform>
        </translation>
    </message>
    <message>
        <source>, the baseline is shown</source>
        <translation>，显示的是基线</translation>
    </message>
    <message>
        <source>, the difference is shown</source>
        <translation>，显示的是差异</translation>
    </message>
    <message>
        <source>, but they do not fit</source>
        <translation>，但与模型不符</translation>
    </message>
</context>
<context>
    <name>mixer::ui::TensorTableModel</name>
    <message>
        <source>scalar</source>
        <translation>标量</translation>
    </message>
    <message>
        <source>Tensor</source>
        <translation>张量</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>形状</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Min</source>
        <translation>最小值</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>均值</translation>
    </message>
    <message>
        <source>Max</source>
        <translation>最大值</translation>
    </message>
    <message>
        <source>Std</source>
        <translation>标准差</translation>
    </message>
</context>
<context>
    <name>mixer::ui::TensorsView</name>
    <message>
        <source>Histogram of the selected tensor</source>
        <translation>所选张量的直方图</translation>
    </message>
    <message>
        <source>Filter by name</source>
        <translation>按名称筛选</translation>
    </message>
    <message>
        <source>Filter the tensors by name</source>
        <translation>按名称筛选张量</translation>
    </message>
    <message>
        <source>Tensors of the checkpoint</source>
        <translation>检查点中的张量</translation>
    </message>
    <message>
        <source>Select a tensor to see its histogram</source>
        <translation>选择一个张量以查看其直方图</translation>
    </message>
    <message>
        <source>Reading %1</source>
        <translation>正在读取 %1</translation>
    </message>
    <message>
        <source> · %1 values · %2 % zero</source>
        <translation> · %1 个值 · %2 % 为零</translation>
    </message>
    <message>
        <source> · %1 not finite</source>
        <translation> · %1 个非有限值</translation>
    </message>
</context>
<context>
    <name>mixer::ui::Transport</name>
    <message>
        <source>First step</source>
        <translation>第一步</translation>
    </message>
    <message>
        <source>Home</source>
        <translation>Home</translation>
    </message>
    <message>
        <source>One step back</source>
        <translation>后退一步</translation>
    </message>
    <message>
        <source>Left</source>
        <translation>左</translation>
    </message>
    <message>
        <source>Play or pause the scan</source>
        <translation>播放或暂停扫描</translation>
    </message>
    <message>
        <source>Space</source>
        <translation>空格</translation>
    </message>
    <message>
        <source>One step forward</source>
        <translation>前进一步</translation>
    </message>
    <message>
        <source>Right</source>
        <translation>右</translation>
    </message>
    <message>
        <source>Timeline: step of the scan</source>
        <translation>时间轴：扫描的步</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>速度</translation>
    </message>
    <message>
        <source>Steps per second while playing</source>
        <translation>播放时每秒的步数</translation>
    </message>
    <message>
        <source>%1 steps/s</source>
        <translation>%1 步/秒</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1（%2）</translation>
    </message>
    <message>
        <source>step %1 / %2</source>
        <translation>第 %1 步 / %2</translation>
    </message>
</context>
</TS>
