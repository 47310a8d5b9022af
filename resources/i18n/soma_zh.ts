<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" sourcelanguage="en" language="zh">
 <context>
  <name>SOMA</name>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Apply a registration</source>
   <translation>应用配准</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Moves a raster by the displacement raster of an earlier registration.</source>
   <translation>用以前配准得到的位移栅格移动一幅栅格。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>registration,coregistration,alignment,displacement,warp</source>
   <translation>配准,影像配准,对齐,位移,校正,registration,coregistration,alignment,displacement,warp</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Applies a registration that was saved as a displacement raster to any raster that has the geometry of the moving image: other bands, other polarisations, products derived from it. Nothing is matched again.

Displacements are the correction applied to the moving image: new position = old position + (dx, dy), dx towards east and dy towards north, in metres.</source>
   <translation>把保存为位移栅格的配准结果应用到与被移动影像几何相同的任何栅格：其他波段、其他极化方式或由其派生的产品。不会重新匹配。

位移是施加于被移动影像的改正量：新位置 = 旧位置 + (dx, dy)，dx 向东、dy 向北，单位为米。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Displacement raster</source>
   <translation>位移栅格</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>The displacement raster of an earlier registration.</source>
   <translation>以前配准得到的位移栅格。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Raster to move</source>
   <translation>要移动的栅格</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>A raster with the geometry of the image that was moved.</source>
   <translation>与当时被移动的影像几何相同的栅格。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Registered raster</source>
   <translation>配准后的栅格</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>The raster on the grid of the registration, with all its bands.</source>
   <translation>位于配准格网上的栅格，包含全部波段。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Starting the worker</source>
   <translation>正在启动工作进程</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Reading the images</source>
   <translation>正在读取影像</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Searching for the shift</source>
   <translation>正在搜索位移</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Refining, tile by tile</source>
   <translation>正在逐块精化</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Checking the result</source>
   <translation>正在检验结果</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Writing</source>
   <translation>正在写出</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Writing the report</source>
   <translation>正在写报告</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>RMSE before (px)</source>
   <translation>配准前 RMSE（像素）</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>RMSE after (px)</source>
   <translation>配准后 RMSE（像素）</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Median shift (m)</source>
   <translation>位移中位数（米）</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Verification windows that agree</source>
   <translation>一致的检验窗口</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Share covered with certainty</source>
   <translation>可信覆盖比例</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Verdict</source>
   <translation>判定</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Probability that it is right</source>
   <translation>正确的概率</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Transformation found</source>
   <translation>得到的变换</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Median shift (px)</source>
   <translation>位移中位数（像素）</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Time (s)</source>
   <translation>用时（秒）</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Device that was used</source>
   <translation>所用设备</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Why that device</source>
   <translation>采用该设备的原因</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>What the verdict rests on</source>
   <translation>判定的依据</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/loading.py" />
   <source>{} (SOMA)</source>
   <translation>{} (SOMA)</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/loading.py" />
   <source>{} registered</source>
   <translation>{} 已配准</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/loading.py" />
   <source>Displacement towards east (m)</source>
   <translation>向东位移（米）</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/parameters.py" />
   <source>{} is not a list of band numbers; give them as 4,3,2.</source>
   <translation>{} 不是波段编号列表；请按 4,3,2 的形式给出。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/paths.py" />
   <source>{}: {} is a layer of another kind than is needed here; choose another one.</source>
   <translation>{}：{} 不是此处所需类型的图层；请另选一个。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/paths.py" />
   <source>{}: {} is neither a layer nor a file that can be read; choose another one.</source>
   <translation>{}：{} 既不是图层，也不是可读取的文件；请另选一个。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/provider.py" />
   <source>SOMA</source>
   <translation>SOMA</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/provider.py" />
   <source>SOMA: SAR and optical image registration</source>
   <translation>SOMA：SAR 与光学影像配准</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Register SAR and optical images</source>
   <translation>配准 SAR 与光学影像</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Moves a SAR image onto an optical one, or the other way round.</source>
   <translation>把 SAR 影像移动到光学影像上，或反过来。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>registration,coregistration,alignment,sar,sentinel-1,radar,shift,gcp</source>
   <translation>配准,影像配准,对齐,雷达,位移,控制点,registration,coregistration,alignment,sar,sentinel-1,radar,shift,gcp</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Finds where a SAR and an optical image show the same ground and moves one of them so that both fit. The other one is the reference and stays as it is.

The two images must overlap and be georeferenced roughly; two images without any georeferencing are registered in pixels. CRSs and pixel sizes may differ. One of them may be a basemap (XYZ, WMS, WCS): it is exported first, at the resolution of the other one.

Displacements are the correction applied to the moving image: new position = old position + (dx, dy), dx towards east and dy towards north, in metres.

The verdict rests on the probability that the alignment is right, as independent verification windows show it. registered: it is high. doubtful: the result is given, look at the report before using it. failed: no raster is written and the algorithm ends with an error that says why.

VERDICT: one of these three. PROBABILITY: that the alignment is right to some 3 pixels, 0 to 1, if right and wrong ones are equally frequent beforehand. TRANSFORMATION: its kind, a word of TRANSFORM.

RMSE_BEFORE, RMSE_AFTER: pixels of the reference, RMSE_AFTER as measured again after registration. MEDIAN_SHIFT_M: metres. INLIER_RATIO: share of the verification windows that agree, of those that show enough to tell, 0 to 1. COVERAGE: share of the overlap where the displacement is more likely right to a pixel than not, 0 to 1.</source>
   <translation>找出 SAR 影像与光学影像中显示同一地面的位置，并移动其中一幅，使两者吻合。另一幅为参考影像，保持不变。

两幅影像必须有重叠并大致具有地理参考；两幅都没有地理参考的影像按像素配准。坐标参考系和像元大小可以不同。其中一幅可以是底图（XYZ、WMS、WCS）：会先按另一幅影像的分辨率导出。

位移是对移动影像施加的校正：新位置 = 旧位置 + (dx, dy)，dx 向东，dy 向北，单位为米。

结论取决于配准正确的概率，由相互独立的检验窗口得出。registered：概率高。doubtful：给出结果，使用前请查看报告。failed：不写出栅格，算法以说明原因的错误结束。

VERDICT：以上三者之一。PROBABILITY：配准正确（误差约在 3 像素以内）的概率，0 到 1，前提是事先正确与错误的可能性相同。TRANSFORMATION：变换的种类，为 TRANSFORM 的选项之一。

RMSE_BEFORE、RMSE_AFTER：参考影像的像素，RMSE_AFTER 为配准后重新测得。MEDIAN_SHIFT_M：米。INLIER_RATIO：在信息足够的检验窗口中一致者所占比例，0 到 1。COVERAGE：重叠区中位移误差更可能在一个像素以内的部分所占比例，0 到 1。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>The images could not be registered, and no raster was written: {}</source>
   <translation>影像未能配准，没有写出栅格：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>The result is doubtful, look at it before you use it: {}</source>
   <translation>结果存疑，使用前请查看：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Registered: {}</source>
   <translation>已配准：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Tie points</source>
   <translation>连接点</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Check points</source>
   <translation>检查点</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>{}: RMSE {:.2f} px before, {:.2f} px after, CE90 {:.2f} px.</source>
   <translation>{}：RMSE 配准前 {:.2f} 像素，配准后 {:.2f} 像素，CE90 {:.2f} 像素。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>{:.1f} s on {} ({}) with {}.</source>
   <translation>{:.1f} 秒，设备 {}（{}），模型 {}。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Neither {} nor {} is a file, and one must be.</source>
   <translation>{} 和 {} 都不是文件，其中至少一个必须是文件。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Exporting {}</source>
   <translation>正在导出 {}</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>{} was exported at {}.</source>
   <translation>{} 已按 {} 导出。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>SAR image</source>
   <translation>SAR 影像</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Intensity, amplitude, dB or complex; any pixel size and CRS.</source>
   <translation>强度、幅度、dB 或复数；像元大小和 CRS 不限。</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Optical image</source>
   <translation>光学影像</translation>
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Grey, RGB or multispectral; any pixel size and CRS.</source>
   <translation>灰度、RGB 或多光谱；像元大小和 CRS 不限。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Close the card; the run stays in the history</source>
   <translation>关闭卡片；该运行仍保留在历史中</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Close</source>
   <translation>关闭</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Open report</source>
   <translation>打开报告</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Figures and images before and after, in the browser</source>
   <translation>在浏览器中查看各项数值和配准前后的影像</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Save all…</source>
   <translation>全部保存…</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Copies the temporary results into a folder</source>
   <translation>把临时结果复制到一个文件夹</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Repeat</source>
   <translation>重复</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Fills the panel with the settings of this run</source>
   <translation>用这次运行的设置填写面板</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Copy command</source>
   <translation>复制命令</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Copies this run as a qgis_process command</source>
   <translation>把这次运行复制为 qgis_process 命令</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>Choose a SAR and an optical layer.</source>
   <translation>请选择一个 SAR 图层和一个光学图层。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>The same layer is chosen twice; choose two layers.</source>
   <translation>同一图层选了两次；请选择两个图层。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} cannot be read; repair its source or choose another.</source>
   <translation>无法读取 {}；请修复其数据源或另选一个。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} lies where its geolocation arrays say.</source>
   <translation>{} 的位置由其地理定位数组给出。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>The tie points say where the images overlap.</source>
   <translation>影像的重叠范围由连接点确定。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} has no CRS and the other image has one; georeference it roughly first, with Layer &gt; Georeferencer.</source>
   <translation>{} 没有 CRS 而另一幅影像有；请先用“图层 &gt; 地理配准”大致配准它。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} has coordinates but no CRS, and the other image has one; right-click it and choose Layer CRS &gt; Set Layer CRS.</source>
   <translation>{} 有坐标但没有 CRS，而另一幅影像有；请右键单击它，选择“图层 CRS &gt; 设置图层 CRS”。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} is exported first, at {}.</source>
   <translation>先导出 {}，分辨率为{}。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} and {} do not overlap; choose images of one place.</source>
   <translation>{} 与 {} 不重叠；请选择同一地点的影像。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} cannot be brought into the CRS of {}; check the CRS of both.</source>
   <translation>{} 无法转换到 {} 的 CRS；请检查两者的 CRS。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>The chosen extent lies outside the overlap of both images; choose another one.</source>
   <translation>所选范围位于两幅影像的重叠区之外；请另选范围。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>There is no folder {}; choose another one for the results.</source>
   <translation>文件夹 {} 不存在；请为结果另选一个。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} × {} px of the reference</source>
   <translation>参考影像的 {} × {} 像素</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>Without a CRS, the images are registered by their coordinates: {}.</source>
   <translation>影像没有 CRS，将按其坐标配准：{}。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>Without georeferencing, the images are registered in pixels: {}.</source>
   <translation>没有地理参考，影像按像素配准：{}。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>Overlap: {} km² · {}</source>
   <translation>重叠区：{} km² · {}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>SAR onto optical</source>
   <translation>SAR 移到光学</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Optical onto SAR</source>
   <translation>光学移到 SAR</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Automatic (recommended)</source>
   <translation>自动（推荐）</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Shift only</source>
   <translation>仅平移</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Shift and rotation</source>
   <translation>平移和旋转</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Shift, rotation and scale</source>
   <translation>平移、旋转和缩放</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Affine</source>
   <translation>仿射</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Affine and local field</source>
   <translation>仿射与局部位移场</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>automatic</source>
   <translation>自动</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Swipe</source>
   <translation>卷帘</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>A curtain in the map, dragged with the mouse</source>
   <translation>地图中的卷帘，用鼠标拖动</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Squares</source>
   <translation>棋盘格</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>A checkerboard of both images in the map</source>
   <translation>在地图中以棋盘格显示两幅影像</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Blink</source>
   <translation>闪烁</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Both images in turns</source>
   <translation>两幅影像交替显示</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Before and after</source>
   <translation>配准前与配准后</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Reference and before</source>
   <translation>参考与配准前</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Reference and after</source>
   <translation>参考与配准后</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Before and after: how far it moved. The reference and one of them: how well it fitted, and fits now.</source>
   <translation>配准前与配准后：移动了多少。参考与其中之一：配准前吻合得如何，现在吻合得如何。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Place of the curtain, or size of the squares</source>
   <translation>卷帘的位置，或方格的大小</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Compare</source>
   <translation>对比</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Before</source>
   <translation>配准前</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Reference</source>
   <translation>参考</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>After</source>
   <translation>配准后</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>As the last check or run found it; the result says what was used.</source>
   <translation>依据最近一次检查或运行的结果；运行结果会说明实际使用的设备。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>Runs on the CPU, as chosen.</source>
   <translation>按所选设置在 CPU 上运行。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>Runs on the GPU: {}.</source>
   <translation>在 GPU 上运行：{}。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>⚠ The GPU is chosen and cannot be used: {}; choose automatic or the CPU.</source>
   <translation>⚠ 已选择 GPU，但无法使用：{}；请选择自动或 CPU。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>Runs on the CPU: {}.</source>
   <translation>在 CPU 上运行：{}。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>The device is not known yet: {}</source>
   <translation>尚不清楚使用哪个设备：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>The device is not known yet; it is being found out.</source>
   <translation>尚不清楚使用哪个设备；正在检测。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Create environment</source>
   <translation>创建环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Downloads what registration needs into the QGIS profile; runs in the background</source>
   <translation>将配准所需的软件包下载到 QGIS 配置文件夹；在后台运行</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Stops; the next attempt goes on from there</source>
   <translation>停止；下次尝试会从此处继续</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Options…</source>
   <translation>选项…</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Choose a Python of your own, an offline folder or a proxy</source>
   <translation>选择您自己的 Python、离线文件夹或代理</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Preparing the environment</source>
   <translation>正在准备运行环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Draw</source>
   <translation>绘制</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Drag a rectangle in the map; Esc in the map gives up.</source>
   <translation>在地图中拖出矩形；在地图中按 Esc 放弃。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Whole overlap</source>
   <translation>整个重叠区</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>What the map shows</source>
   <translation>地图当前视图</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>A rectangle drawn in the map</source>
   <translation>在地图中绘制的矩形</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>The extent of the earlier run</source>
   <translation>以前运行的范围</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Extent of {}</source>
   <translation>{} 的范围</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Draw the extent in the map first, or choose the whole overlap.</source>
   <translation>请先在地图中绘制范围，或选择整个重叠区。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/fields.py" />
   <source>Bands {}</source>
   <translation>波段 {}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/fields.py" />
   <source>As drawn in the map ({}, {}, {})</source>
   <translation>按地图中的显示（{}、{}、{}）</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>The SAR image: a raster layer with one band to match.</source>
   <translation>SAR 影像：带有一个待匹配波段的栅格图层。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>The optical image: a raster layer, one band or colour.</source>
   <translation>光学影像：单波段或彩色的栅格图层。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Keep results in</source>
   <translation>结果保存到</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Advanced settings</source>
   <translation>高级设置</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Make also</source>
   <translation>同时生成</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Swap the SAR and the optical layer</source>
   <translation>交换 SAR 图层和光学图层</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Swap the layers</source>
   <translation>交换图层</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Choose a layer</source>
   <translation>请选择图层</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Folder of the results</source>
   <translation>结果文件夹</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Temporary files</source>
   <translation>临时文件</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Empty: temporary files, which QGIS deletes when it closes; Save all keeps them. In a folder nothing is overwritten.</source>
   <translation>留空：临时文件，QGIS 关闭时删除；“全部保存”可保留它们。在文件夹中不会覆盖任何文件。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/history_list.py" />
   <source>Earlier runs</source>
   <translation>以前的运行</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/history_list.py" />
   <source>Shows the card of an earlier run, from which to repeat it</source>
   <translation>显示以前某次运行的卡片，可由此重复运行</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>SOMA: register SAR and optical</source>
   <translation>SOMA：配准 SAR 与光学影像</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>The run could not be kept in the history: {}</source>
   <translation>无法把运行保存到历史中：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>The command is in the clipboard.</source>
   <translation>命令已复制到剪贴板。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>{} is no longer in the project; choose the layer yourself.</source>
   <translation>{} 已不在工程中；请自行选择图层。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>Save all results in</source>
   <translation>把全部结果保存到</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/path_box.py" />
   <source>Choose a file</source>
   <translation>选择文件</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/path_box.py" />
   <source>Selected features only</source>
   <translation>仅所选要素</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/path_box.py" />
   <source>All files (*)</source>
   <translation>所有文件 (*)</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/progress.py" />
   <source>{} s</source>
   <translation>{} 秒</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/progress.py" />
   <source>{} min</source>
   <translation>{} 分钟</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/progress.py" />
   <source>{} h {} min</source>
   <translation>{} 小时 {} 分钟</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/progress.py" />
   <source>about {} left</source>
   <translation>大约还需 {}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>R&amp;un</source>
   <translation>运行(&amp;U)</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>Registers in the background; QGIS stays usable</source>
   <translation>在后台配准；QGIS 仍可使用</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>Stops the present run; nothing half written is left</source>
   <translation>停止当前运行；不会留下写了一半的文件</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>R&amp;un after this one</source>
   <translation>排在当前之后运行(&amp;U)</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>{} waiting</source>
   <translation>{} 个在等待</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Registered</source>
   <translation>已配准</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Doubtful</source>
   <translation>存疑</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Not registered</source>
   <translation>未配准</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Cancelled</source>
   <translation>已取消</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>The images fit. {}</source>
   <translation>影像吻合。{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>The image was moved, but do not trust it unseen; compare before and after in the map, at edges such as roads and shores.</source>
   <translation>影像已移动，但不能不看就信任；请在地图中沿道路、岸线等边缘对比配准前后。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Nothing was written.</source>
   <translation>没有写出任何文件。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Try a larger shift than {:g} px: what was found is close to it.</source>
   <translation>请把最大位移设为大于 {:g} 像素：找到的位移已接近它。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Try the automatic transformation: the one that was asked for may not fit.</source>
   <translation>请试用自动变换：指定的变换可能不合适。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Try a larger area, or one with more structure: fields, roads and settlements rather than water, forest or bare mountains; or the other polarisation.</source>
   <translation>请选择更大的区域，或结构更丰富的区域：农田、道路和居民地，而不是水面、森林或裸露的山地；或换另一种极化方式。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Try another band or polarisation, or images taken closer together in time.</source>
   <translation>请换另一个波段或极化方式，或时间更接近的影像。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Probability</source>
   <translation>概率</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>That the alignment is right to some 3 px, if right and wrong ones are equally frequent beforehand.</source>
   <translation>配准正确（误差约在 3 像素以内）的概率，前提是事先正确与错误的可能性相同。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Transformation</source>
   <translation>变换</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>The simplest one that explains the images, by what was measured.</source>
   <translation>由测量结果选定的、能够解释两幅影像的最简单的变换。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>As asked for.</source>
   <translation>按指定。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Shift</source>
   <translation>位移</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Median length of the correction.</source>
   <translation>改正量长度的中位数。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>RMSE</source>
   <translation>RMSE</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Root mean square error before and after, in pixels of the reference; after is measured again on the registered image.</source>
   <translation>配准前后的均方根误差，以参考影像的像素为单位；配准后的值在配准后的影像上重新测量。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Verification windows</source>
   <translation>检验窗口</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>{:.0f} % agree</source>
   <translation>{:.0f} % 一致</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Share of the independent verification windows whose own match agrees with the result; those that show too little, as over water, do not count.</source>
   <translation>自身匹配与结果一致的独立检验窗口所占比例；信息太少的窗口（如水面上的）不计入。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Coverage</source>
   <translation>覆盖率</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>{:.0f} % certain</source>
   <translation>{:.0f} % 可信</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Share of the overlap where the displacement is more likely right to a pixel than not.</source>
   <translation>重叠区中位移误差更可能在一个像素以内的部分所占比例。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Time</source>
   <translation>用时</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Wall time of the run, and the device it ran on.</source>
   <translation>运行所用的时间，以及所用的设备。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>more than {:.0f} %</source>
   <translation>大于 {:.0f} %</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>less than {:.0f} %</source>
   <translation>小于 {:.0f} %</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>{} on {}</source>
   <translation>{}，设备 {}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>Waiting for the run before it</source>
   <translation>等待前一个运行结束</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>Starting</source>
   <translation>正在启动</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>Cancelling</source>
   <translation>正在取消</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>Loading the results</source>
   <translation>正在加载结果</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>The run ended without a reason; see View &gt; Panels &gt; Log Messages, Processing.</source>
   <translation>运行结束但未说明原因；请看“视图 &gt; 面板 &gt; 日志消息”中的“处理”。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>The results could not be loaded: {}</source>
   <translation>无法加载结果：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/saving.py" />
   <source>The results could not be saved: {}</source>
   <translation>无法保存结果：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/saving.py" />
   <source>The results are in {}.</source>
   <translation>结果在 {} 中。</translation>
  </message>
  <message>
   <location filename="soma_qgis/dock/saving.py" />
   <source>Saving results of SOMA</source>
   <translation>正在保存 SOMA 的结果</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/child.py" />
   <source>Cancelled.</source>
   <translation>已取消。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/child.py" />
   <source>it did not answer within {:.0f} s</source>
   <translation>它在 {:.0f} 秒内没有应答</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/child.py" />
   <source>it ended with code {}</source>
   <translation>它以代码 {} 结束</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>There is no program {}; choose another one.</source>
   <translation>程序 {} 不存在；请另选一个。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>This Python cannot run SOMA ({}); install what is missing, or choose another.</source>
   <translation>此 Python 无法运行 SOMA（{}）；请安装缺少的部分，或另选一个。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>The core does not start in this Python ({}).</source>
   <translation>核心程序在此 Python 中无法启动（{}）。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>{} is {}, and SOMA needs {} or later; update it, or choose another Python.</source>
   <translation>{} 为 {}，而 SOMA 需要 {} 或更高版本；请更新，或另选 Python。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>It works: Python {python}, torch {torch}, timm {timm}, rasterio {rasterio};</source>
   <translation>可以使用：Python {python}、torch {torch}、timm {timm}、rasterio {rasterio}；</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>runs on {} ({}).</source>
   <translation>在 {} 上运行（{}）。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>Waiting for another run of SOMA to end.</source>
   <translation>等待 SOMA 的另一个运行结束。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>Cancelled before it started.</source>
   <translation>在开始之前已取消。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>The worker did not answer within {:.0f} s; try again.</source>
   <translation>工作进程在 {:.0f} 秒内没有应答；请重试。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>Cancelled; no half-written file is left.</source>
   <translation>已取消；没有留下写了一半的文件。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>The core speaks protocol {} and the plugin {}; install one release of both.</source>
   <translation>核心程序使用协议 {} 而插件使用 {}；请安装同一版本的两者。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>{} could not be deleted; it may be deleted by hand.</source>
   <translation>无法删除 {}；可以手动删除。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>The worker ended unexpectedly ({}; its last words: {}); run again, and close other programs first where memory is short.</source>
   <translation>工作进程意外结束（{}；最后的输出：{}）；请重新运行，内存不足时请先关闭其他程序。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>none</source>
   <translation>无</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>killed by signal {}</source>
   <translation>被信号 {} 终止</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>exit code {}</source>
   <translation>退出代码 {}</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>A Python found on this computer: {}</source>
   <translation>在此计算机上找到的 Python：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>SOMA needs its environment first: create it with one click.</source>
   <translation>SOMA 首先需要运行环境：一键即可创建。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>The chosen Python: {}</source>
   <translation>所选的 Python：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>There is no program {}; correct the Python in {} or in the settings.</source>
   <translation>程序 {} 不存在；请在 {} 或设置中改正 Python。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>The environment made by SOMA</source>
   <translation>由 SOMA 创建的环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>SOMA has no Python with torch, timm, rasterio and safetensors yet; create its environment in Settings &gt; Options &gt; SOMA, or name a Python there or in {}.</source>
   <translation>SOMA 还没有装有 torch、timm、rasterio 和 safetensors 的 Python；请在“设置 &gt; 选项 &gt; SOMA”中创建环境，或在那里或用 {} 指定一个 Python。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>it is older than Python {}</source>
   <translation>它的版本低于 Python {}</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>the disk is full; free some space and try again.</source>
   <translation>磁盘已满；请腾出空间后重试。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>the proxy let nothing through; correct it in Settings &gt; Options &gt; Network.</source>
   <translation>代理没有放行；请在“设置 &gt; 选项 &gt; 网络”中改正。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>the package index's certificate is not trusted; name yours in pip's setting 'cert'.</source>
   <translation>软件包索引的证书不受信任；请在 pip 的设置 'cert' 中指定您的证书。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>the package index cannot be reached; check the network, or use a folder of wheels.</source>
   <translation>无法连接软件包索引；请检查网络，或使用离线 wheel 文件夹。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>a package is not the one that SOMA was released with; check index or folder.</source>
   <translation>某个软件包与 SOMA 发布时的不同；请检查索引或文件夹。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>no build for this Python and system in index or folder; add it there.</source>
   <translation>索引或文件夹中没有适合此 Python 和系统的版本；请补充。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>a file cannot be written; close other QGIS windows and check the virus scanner.</source>
   <translation>某个文件无法写入；请关闭其他 QGIS 窗口并检查杀毒软件。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>this Python cannot make environments; install venv (package python3-venv) or uv.</source>
   <translation>此 Python 无法创建环境；请安装 venv（软件包 python3-venv）或 uv。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{} cannot be deleted ({}); close other QGIS windows and try again.</source>
   <translation>无法删除 {}（{}）；请关闭其他 QGIS 窗口后重试。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Installing packages</source>
   <translation>正在安装软件包</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Installing torch</source>
   <translation>正在安装 torch</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Writing the environment</source>
   <translation>写入环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Checking the disk: {:.1f} GB are free where the QGIS profile is and the environment needs {:.0f} GB; free some space and try again.</source>
   <translation>检查磁盘：QGIS 配置文件夹所在磁盘剩余 {:.1f} GB，而环境需要 {:.0f} GB；请腾出空间后重试。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Making the virtual environment</source>
   <translation>正在创建虚拟环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{}: no Python 3.10 to 3.14 with venv was found; install one (on Debian and Ubuntu the package python3-venv) or uv, and try again.</source>
   <translation>{}：没有找到带 venv 的 Python 3.10 至 3.14；请安装一个（Debian 和 Ubuntu 上为软件包 python3-venv）或安装 uv，然后重试。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{}: not in the index; {} instead</source>
   <translation>{}：索引中没有；改用 {}</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Testing the environment</source>
   <translation>正在测试环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{}: {} Try again, or choose a Python of your own.</source>
   <translation>{}：{}请重试，或选择自己的 Python。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Cancelled; what was installed so far is kept for the next attempt.</source>
   <translation>已取消；已安装的部分保留，供下次继续。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{}; try again, and copy the diagnostics where it stays so.</source>
   <translation>{}；请重试，若仍如此请复制诊断信息。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/process.py" />
   <source>{} cannot be started ({}); choose another Python for SOMA.</source>
   <translation>无法启动 {}（{}）；请为 SOMA 另选 Python。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/tasks.py" />
   <source>{} failed unexpectedly ({}); copy the diagnostics and report it.</source>
   <translation>{} 意外失败（{}）；请复制诊断信息并报告。</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/tasks.py" />
   <source>Making SOMA's environment</source>
   <translation>正在创建 SOMA 的环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/tasks.py" />
   <source>Checking a Python</source>
   <translation>正在检查 Python</translation>
  </message>
  <message>
   <location filename="soma_qgis/engine/tasks.py" />
   <source>Deleting SOMA's environment</source>
   <translation>正在删除 SOMA 的环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{} is no file and needs an image with a CRS beside it.</source>
   <translation>{} 不是文件，需要另一幅带坐标参考系的影像与之配合。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{} would be exported with {} × {} pixels, which is too much; choose a smaller extent.</source>
   <translation>{} 将导出为 {} × {} 像素，数据量过大；请选择较小的范围。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{} could not be exported ({}); check that its server answers.</source>
   <translation>{} 无法导出（{}）；请检查其服务器是否有响应。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{} gave no image of this area; check that its server answers.</source>
   <translation>{} 未给出该区域的影像；请检查其服务器是否有响应。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{:.3g} m per pixel</source>
   <translation>每像素 {:.3g} 米</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/results.py" />
   <source>{} keeps its default style: {}</source>
   <translation>{} 保持默认样式：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/results.py" />
   <source>{} (drawn {:g} times as long)</source>
   <translation>{}（放大 {:g} 倍绘制）</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/source.py" />
   <source>{} is not a file ({} layer); right-click it, choose Export &gt; Save As to make a GeoTIFF of the part to register, and take that.</source>
   <translation>{} 不是文件（{} 图层）；请右键单击它，选择“导出 &gt; 另存为”，把要配准的部分存为 GeoTIFF 后再用。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/source.py" />
   <source>{} is opened with credentials, which are not passed on; right-click it, choose Export &gt; Save As to make a GeoTIFF, and take that.</source>
   <translation>{} 需凭据打开，而凭据不会被传递；请右键单击它，选择“导出 &gt; 另存为”存为 GeoTIFF 后再用。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/stand_in.py" />
   <source>{} cannot be read any more ({}); repair its source.</source>
   <translation>{} 已无法读取（{}）；请修复其数据源。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/vector_export.py" />
   <source>{}: {} has geometries of another kind than is needed here.</source>
   <translation>{}：{} 的几何类型不是此处所需的类型。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/vector_export.py" />
   <source>{}: no feature of {} is selected; select some, or take all.</source>
   <translation>{}：{} 中没有选中的要素；请选择一些要素，或使用全部要素。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/vector_export.py" />
   <source>{}: {} has no features; choose another layer.</source>
   <translation>{}：{} 没有要素；请另选一个图层。</translation>
  </message>
  <message>
   <location filename="soma_qgis/layers/vector_export.py" />
   <source>{} could not be exported ({}).</source>
   <translation>无法导出 {}（{}）。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>SOMA's own environment, or a Python that fits</source>
   <translation>SOMA 自己的环境，或合适的 Python</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>The environment that one click makes, else a Python found on this computer.</source>
   <translation>一键创建的环境，否则使用在本机找到的 Python。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>This Python:</source>
   <translation>此 Python：</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>A Python that you have set up yourself; Check tries it.</source>
   <translation>您自己配置的 Python；“检查”会进行测试。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>A Python 3.10 or later with torch, timm, rasterio, safetensors.</source>
   <translation>Python 3.10 或更高版本，装有 torch、timm、rasterio、safetensors。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Remove environment…</source>
   <translation>删除环境…</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Deletes the environment that SOMA made, and nothing else</source>
   <translation>仅删除由 SOMA 创建的环境</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Check</source>
   <translation>检查</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Tries the Python: packages, versions and the device</source>
   <translation>测试该 Python：软件包、版本和设备</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Copy diagnostics</source>
   <translation>复制诊断信息</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Versions, settings and the log of the last attempt; your home folder reads as ~.</source>
   <translation>版本、设置和上次尝试的日志；您的主文件夹显示为 ~。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Install from the wheels in this folder, without a network.</source>
   <translation>从此文件夹中的 wheel 文件安装，不使用网络。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>One more package index, such as one with the CPU or CUDA builds of torch.</source>
   <translation>另一个软件包索引，例如提供 torch 的 CPU 或 CUDA 版本的索引。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>GPU where it works, else CPU</source>
   <translation>GPU 可用时用 GPU，否则用 CPU</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>What the panel and the toolbox choose at first.</source>
   <translation>面板和工具箱默认采用的设备。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source> min</source>
   <translation> 分钟</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>How long the worker waits for the next run, which then starts at once; 0: never.</source>
   <translation>工作进程等待下一次运行的时间，期间再次运行会立即开始；0：不等待。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Python of the worker</source>
   <translation>工作进程的 Python</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Folder of wheels (offline)</source>
   <translation>wheel 文件夹（离线）</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Additional package index</source>
   <translation>其他软件包索引</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Device</source>
   <translation>设备</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Keep the worker for</source>
   <translation>工作进程保留</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Continue creating</source>
   <translation>继续创建</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Create again</source>
   <translation>重新创建</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Now in use: {}</source>
   <translation>当前使用：{}</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>The variable {} goes before this page.</source>
   <translation>环境变量 {} 优先于此页面。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Another release made it; create it again to update it.</source>
   <translation>它由另一版本创建；请重新创建以更新。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>The environment was deleted.</source>
   <translation>环境已删除。</translation>
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Delete the environment that SOMA made, in {}?</source>
   <translation>删除 SOMA 在 {} 中创建的环境吗？</translation>
  </message>
  <message>
   <location filename="soma_qgis/plugin.py" />
   <source>Open the SOMA panel: register SAR and optical images</source>
   <translation>打开 SOMA 面板：配准 SAR 与光学影像</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>SAR band</source>
   <translation>SAR 波段</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The band of the SAR image to match, from 1; not set: the first, or VV or HH of a Sentinel-1 product. All bands are moved.</source>
   <translation>SAR 影像中用于匹配的波段，从 1 起；未设置时为第一个，Sentinel-1 产品则为 VV 或 HH。全部波段都会移动。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>the first</source>
   <translation>第一个</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Optical bands</source>
   <translation>光学波段</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>One or three bands of the optical image to match, from 1; not set: red, green, blue.</source>
   <translation>光学影像中用于匹配的一个或三个波段，从 1 起；未设置时为红、绿、蓝。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>automatic (RGB)</source>
   <translation>自动（RGB）</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Image to move</source>
   <translation>要移动的影像</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The other one is the reference: it stays, and gives CRS and grid.</source>
   <translation>另一幅是参考影像：保持不变，并决定 CRS 和格网。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>auto: what was measured decides, the simplest transformation that explains the images is taken; choose another one where you know better. shift: the whole image is moved, and nothing else. rigid: and rotated. similarity: and scaled, alike in all directions. affine: and sheared, with a scale of its own along each axis. affine+flow: an affine and a smooth local field on top, for relief and distortion that differ from place to place.</source>
   <translation>auto：由测量结果决定，采用能够解释两幅影像的最简单的变换；只有在您更了解情况时才选择其他变换。shift：整幅影像仅平移。rigid：再加旋转。similarity：再加各方向相同的缩放。affine：再加错切，两个轴向各有自己的缩放。affine+flow：仿射之上再叠加平滑的局部位移场，用于各处不同的地形起伏影响和变形。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Largest shift</source>
   <translation>最大位移</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The largest shift to expect, in pixels of the reference. Larger takes longer and finds more wrong places that look alike.</source>
   <translation>预期的最大位移，以参考影像的像素为单位。越大耗时越长，也越容易匹配到相似的错误位置。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>px</source>
   <translation>像素</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Largest rotation</source>
   <translation>最大旋转</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The largest rotation to expect between the images, in degrees; not set: 4, or 25 for images without georeferencing.</source>
   <translation>预计两幅影像之间的最大旋转，单位为度；未设置时为 4，无地理参考的影像为 25。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>°</source>
   <translation>°</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>automatic (4 or 25)</source>
   <translation>自动（4 或 25）</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Largest scale</source>
   <translation>最大缩放</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The largest factor to expect between the scales of the images; not set: 1, for georeferencing says the scale, or 1.1 for images without it.</source>
   <translation>预计两幅影像比例之间的最大倍数；未设置时为 1（地理参考已给出比例），无地理参考的影像为 1.1。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>×</source>
   <translation>×</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>automatic (1 or 1.1)</source>
   <translation>自动（1 或 1.1）</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Extent to register</source>
   <translation>配准范围</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Only the overlap inside is matched and written, in the reference's CRS; not set: all of it.</source>
   <translation>只匹配并写出重叠区内的这一部分，采用参考影像的 CRS；未设置时为整个重叠区。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>the whole overlap</source>
   <translation>整个重叠区</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Mask</source>
   <translation>掩膜</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Polygons (GeoJSON, GeoPackage) or a raster (its valid pixels that are not 0) over ground to leave out, as water, clouds or forbidden areas, in any CRS: it is kept out of the matching and of the verdict, but not of the products.</source>
   <translation>多边形（GeoJSON、GeoPackage）或栅格（其不为 0 的有效像素），覆盖要排除的地面，例如水体、云或禁区，坐标参考系任意：这些地面不参与匹配和判定，但仍包含在成果中。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Polygons or raster (*.geojson *.json *.gpkg *.tif *.tiff *.vrt);;All files (*)</source>
   <translation>多边形或栅格 (*.geojson *.json *.gpkg *.tif *.tiff *.vrt);;所有文件 (*)</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Leave out open water</source>
   <translation>排除开阔水域</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Water that both images show, dark and smooth, is found in them and left out as by a mask; log, report and summary say how much it is. Shores stay in.</source>
   <translation>自动找出两幅影像都显示的水域（暗而平滑），并像掩膜一样将其排除；日志、报告和摘要给出其比例。岸线仍参与匹配。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Two or more places found in both images, roughly: points of the Georeferencer (.points), CSV, or lines from the place in the moving image to that in the reference. The search starts from them, and the largest shift counts from there; they do not hold the result, and are compared with it.</source>
   <translation>在两幅影像中大致找到的两个或更多位置：地理配准工具的点（.points）、CSV，或从移动影像中的位置指向参考影像中的位置的线。搜索从这些点开始，最大偏移由此起算；它们不约束结果，只与结果比较。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Points (*.points *.csv *.txt *.geojson *.json *.gpkg);;All files (*)</source>
   <translation>点 (*.points *.csv *.txt *.geojson *.json *.gpkg);;所有文件 (*)</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Places found in both images, in the same forms, that are only compared with the result: RMSE and CE90 at them stand in report and summary.</source>
   <translation>在两幅影像中找到的位置，形式相同，只与结果比较：其 RMSE 和 CE90 写入报告和摘要。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Smallest certainty</source>
   <translation>最小置信度</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Vectors and ground control points below it are left out; the registered raster is not affected. The certainty of a place is the probability, 0 to 1, that the displacement is right to a pixel there.</source>
   <translation>低于此值的矢量和地面控制点将被略去；配准后的栅格不受影响。某处的置信度是该处位移误差在一个像素以内的概率，0 到 1。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Spacing of vectors</source>
   <translation>矢量间距</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Of displacement vectors and ground control points, in pixels of the reference; not set: about 40 along the longer side.</source>
   <translation>位移矢量和地面控制点的间距，以参考影像的像素为单位；未设置时沿长边约 40 个。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>40 along a side</source>
   <translation>沿长边 40 个</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Resampling</source>
   <translation>重采样</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Of the registered raster. auto: nearest for classes (palettes), cubic for everything else.</source>
   <translation>配准后栅格的重采样。auto：分类数据（调色板）用最近邻，其余用三次卷积。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Output grid</source>
   <translation>输出格网</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Pixels of the registered raster, aligned with the reference's. reference: its own. moving: about as large as the moving image's, by a whole number of the reference's or a whole part. auto: as moving where the moving image's are three times as large or more, else as reference; where a saved registration is applied, as in that.</source>
   <translation>配准后栅格的像元，与参考影像的像元对齐。reference：参考影像自身的像元。moving：与待配准影像的像元大致等大，为参考影像像元的整数倍或整数分之一。auto：待配准影像的像元达到三倍或更大时同 moving，否则同 reference；应用已保存的配准时与该配准一致。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Output pixel size</source>
   <translation>输出像元大小</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Of the registered raster, in units of the reference's CRS, in place of the output grid's; not set: as the output grid says.</source>
   <translation>配准后栅格的像元大小，以参考影像 CRS 的单位表示，取代输出格网的像元大小；未设置时由输出格网决定。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>by the output grid</source>
   <translation>由输出格网决定</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Heights of the ground (DEM)</source>
   <translation>地面高程（DEM）</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>A raster of heights in metres above the ellipsoid, for images that RPCs place; heights above the sea do as well, for the difference is a shift; not set: the mean height that the RPCs name.</source>
   <translation>以米为单位的椭球高栅格，用于由 RPC 定位的影像；海拔高也可以，因为两者之差只是一个平移；未设置：采用 RPC 给出的平均高程。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>a mean height</source>
   <translation>平均高程</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Model</source>
   <translation>模型</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The name of a bundled model, or the path of a .safetensors file.</source>
   <translation>内置模型的名称，或 .safetensors 文件的路径。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>auto: the GPU where it passes a test, else the CPU; the log says which, and why.</source>
   <translation>auto：GPU 通过测试时用 GPU，否则用 CPU；日志会说明用了哪一个及原因。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Creation options</source>
   <translation>创建选项</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>GDAL creation options of the registered raster, as COMPRESS=ZSTD or DRIVER=COG.</source>
   <translation>配准后栅格的 GDAL 创建选项，例如 COMPRESS=ZSTD 或 DRIVER=COG。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The moving image on the reference's grid, or on larger pixels aligned with it, with all its bands.</source>
   <translation>位于参考影像格网上、或位于与之对齐的较大像元上的待配准影像，包含其全部波段。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Displacement vectors</source>
   <translation>位移矢量</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Lines from the old to the new position, with dx_m (east) and dy_m (north) in metres, dx_px and dy_px in pixels, certainty and residual.</source>
   <translation>从旧位置到新位置的线，字段有 dx_m（东）和 dy_m（北，单位米）、dx_px 和 dy_px（像素）、置信度和残差。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Bands dx and dy (metres, east and north, new = old + (dx, dy)), certainty and residual. From it the registration can be applied to other rasters.</source>
   <translation>波段为 dx 和 dy(米，向东和向北，新 = 旧 + (dx, dy))、置信度和残差。可据此把配准应用到其他栅格。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Ground control points</source>
   <translation>地面控制点</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Points that QGIS's Georeferencer loads for the moving image.</source>
   <translation>QGIS 地理配准工具可为被移动影像加载的控制点。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Ground control points (*.points)</source>
   <translation>地面控制点 (*.points)</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Report</source>
   <translation>报告</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>One HTML file with verdict, figures, images before and after, and settings.</source>
   <translation>一个 HTML 文件，包含结论、各项数值、配准前后的影像和设置。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>HTML (*.html)</source>
   <translation>HTML (*.html)</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Summary</source>
   <translation>摘要</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Verdict, probability, transformation, figures, settings and versions as JSON; it is written for a failed registration too.</source>
   <translation>以 JSON 给出结论、概率、变换、各项数值、设置和版本；配准失败时也会写出。</translation>
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>JSON (*.json)</source>
   <translation>JSON (*.json)</translation>
  </message>
 </context>
</TS>
