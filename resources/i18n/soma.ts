<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" sourcelanguage="en">
 <context>
  <name>SOMA</name>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Apply a registration</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Moves a raster by the displacement raster of an earlier registration.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>registration,coregistration,alignment,displacement,warp</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Applies a registration that was saved as a displacement raster to any raster that has the geometry of the moving image: other bands, other polarisations, products derived from it. Nothing is matched again.

Displacements are the correction applied to the moving image: new position = old position + (dx, dy), dx towards east and dy towards north, in metres.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Displacement raster</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>The displacement raster of an earlier registration.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Raster to move</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>A raster with the geometry of the image that was moved.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>Registered raster</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/apply_registration.py" />
   <source>The raster on the grid of the registration, with all its bands.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Starting the worker</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Reading the images</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Searching for the shift</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Refining, tile by tile</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Checking the result</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Writing</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/base.py" />
   <source>Writing the report</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>RMSE before (px)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>RMSE after (px)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Median shift (m)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Verification windows that agree</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Share covered with certainty</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Verdict</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Probability that it is right</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Transformation found</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Median shift (px)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Time (s)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Device that was used</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>Why that device</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/figures.py" />
   <source>What the verdict rests on</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/loading.py" />
   <source>{} (SOMA)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/loading.py" />
   <source>{} registered</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/loading.py" />
   <source>Displacement towards east (m)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/parameters.py" />
   <source>{} is not a list of band numbers; give them as 4,3,2.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/paths.py" />
   <source>{}: {} is a layer of another kind than is needed here; choose another one.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/paths.py" />
   <source>{}: {} is neither a layer nor a file that can be read; choose another one.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/provider.py" />
   <source>SOMA</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/provider.py" />
   <source>SOMA: SAR and optical image registration</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Register SAR and optical images</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Moves a SAR image onto an optical one, or the other way round.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>registration,coregistration,alignment,sar,sentinel-1,radar,shift,gcp</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Finds where a SAR and an optical image show the same ground and moves one of them so that both fit. The other one is the reference and stays as it is.

The two images must overlap and be georeferenced roughly; two images without any georeferencing are registered in pixels. CRSs and pixel sizes may differ. One of them may be a basemap (XYZ, WMS, WCS): it is exported first, at the resolution of the other one.

Displacements are the correction applied to the moving image: new position = old position + (dx, dy), dx towards east and dy towards north, in metres.

The verdict rests on the probability that the alignment is right, as independent verification windows show it. registered: it is high. doubtful: the result is given, look at the report before using it. failed: no raster is written and the algorithm ends with an error that says why.

VERDICT: one of these three. PROBABILITY: that the alignment is right to some 3 pixels, 0 to 1, if right and wrong ones are equally frequent beforehand. TRANSFORMATION: its kind, a word of TRANSFORM.

RMSE_BEFORE, RMSE_AFTER: pixels of the reference, RMSE_AFTER as measured again after registration. MEDIAN_SHIFT_M: metres. INLIER_RATIO: share of the verification windows that agree, of those that show enough to tell, 0 to 1. COVERAGE: share of the overlap where the displacement is more likely right to a pixel than not, 0 to 1.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>The images could not be registered, and no raster was written: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>The result is doubtful, look at it before you use it: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Registered: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Tie points</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Check points</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>{}: RMSE {:.2f} px before, {:.2f} px after, CE90 {:.2f} px.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>{:.1f} s on {} ({}) with {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Neither {} nor {} is a file, and one must be.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Exporting {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>{} was exported at {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>SAR image</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Intensity, amplitude, dB or complex; any pixel size and CRS.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Optical image</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/algorithms/register.py" />
   <source>Grey, RGB or multispectral; any pixel size and CRS.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Close the card; the run stays in the history</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Close</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Open report</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Figures and images before and after, in the browser</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Save all…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Copies the temporary results into a folder</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Repeat</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Fills the panel with the settings of this run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Copy command</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/card.py" />
   <source>Copies this run as a qgis_process command</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>Choose a SAR and an optical layer.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>The same layer is chosen twice; choose two layers.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} cannot be read; repair its source or choose another.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} lies where its geolocation arrays say.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>The tie points say where the images overlap.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} has no CRS and the other image has one; georeference it roughly first, with Layer &gt; Georeferencer.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} has coordinates but no CRS, and the other image has one; right-click it and choose Layer CRS &gt; Set Layer CRS.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} is exported first, at {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} and {} do not overlap; choose images of one place.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} cannot be brought into the CRS of {}; check the CRS of both.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>The chosen extent lies outside the overlap of both images; choose another one.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>There is no folder {}; choose another one for the results.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>{} × {} px of the reference</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>Without a CRS, the images are registered by their coordinates: {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>Without georeferencing, the images are registered in pixels: {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/check.py" />
   <source>Overlap: {} km² · {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>SAR onto optical</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Optical onto SAR</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Automatic (recommended)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Shift only</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Shift and rotation</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Shift, rotation and scale</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Affine</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>Affine and local field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/choices.py" />
   <source>automatic</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Swipe</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>A curtain in the map, dragged with the mouse</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Squares</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>A checkerboard of both images in the map</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Blink</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Both images in turns</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Before and after</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Reference and before</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Reference and after</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Before and after: how far it moved. The reference and one of them: how well it fitted, and fits now.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Place of the curtain, or size of the squares</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Compare</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Before</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>Reference</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/compare_bar.py" />
   <source>After</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>As the last check or run found it; the result says what was used.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>Runs on the CPU, as chosen.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>Runs on the GPU: {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>⚠ The GPU is chosen and cannot be used: {}; choose automatic or the CPU.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>Runs on the CPU: {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>The device is not known yet: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/device_line.py" />
   <source>The device is not known yet; it is being found out.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Create environment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Downloads what registration needs into the QGIS profile; runs in the background</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Cancel</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Stops; the next attempt goes on from there</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Options…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Choose a Python of your own, an offline folder or a proxy</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/environment_bar.py" />
   <source>Preparing the environment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Draw</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Drag a rectangle in the map; Esc in the map gives up.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Whole overlap</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>What the map shows</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>A rectangle drawn in the map</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>The extent of the earlier run</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Extent of {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/extent.py" />
   <source>Draw the extent in the map first, or choose the whole overlap.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/fields.py" />
   <source>Bands {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/fields.py" />
   <source>As drawn in the map ({}, {}, {})</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>The SAR image: a raster layer with one band to match.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>The optical image: a raster layer, one band or colour.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Keep results in</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Advanced settings</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Make also</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Swap the SAR and the optical layer</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Swap the layers</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Choose a layer</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Folder of the results</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Temporary files</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/form.py" />
   <source>Empty: temporary files, which QGIS deletes when it closes; Save all keeps them. In a folder nothing is overwritten.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/history_list.py" />
   <source>Earlier runs</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/history_list.py" />
   <source>Shows the card of an earlier run, from which to repeat it</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>SOMA: register SAR and optical</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>The run could not be kept in the history: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>The command is in the clipboard.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>{} is no longer in the project; choose the layer yourself.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/panel.py" />
   <source>Save all results in</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/path_box.py" />
   <source>Choose a file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/path_box.py" />
   <source>Selected features only</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/path_box.py" />
   <source>All files (*)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/progress.py" />
   <source>{} s</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/progress.py" />
   <source>{} min</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/progress.py" />
   <source>{} h {} min</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/progress.py" />
   <source>about {} left</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>R&amp;un</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>Registers in the background; QGIS stays usable</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>Stops the present run; nothing half written is left</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>R&amp;un after this one</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_bar.py" />
   <source>{} waiting</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Registered</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Doubtful</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Not registered</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Cancelled</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>The images fit. {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>The image was moved, but do not trust it unseen; compare before and after in the map, at edges such as roads and shores.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Nothing was written.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Try a larger shift than {:g} px: what was found is close to it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Try the automatic transformation: the one that was asked for may not fit.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Try a larger area, or one with more structure: fields, roads and settlements rather than water, forest or bare mountains; or the other polarisation.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Try another band or polarisation, or images taken closer together in time.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Probability</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>That the alignment is right to some 3 px, if right and wrong ones are equally frequent beforehand.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Transformation</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>The simplest one that explains the images, by what was measured.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>As asked for.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Shift</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Median length of the correction.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>RMSE</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Root mean square error before and after, in pixels of the reference; after is measured again on the registered image.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Verification windows</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>{:.0f} % agree</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Share of the independent verification windows whose own match agrees with the result; those that show too little, as over water, do not count.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Coverage</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>{:.0f} % certain</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Share of the overlap where the displacement is more likely right to a pixel than not.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Time</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>Wall time of the run, and the device it ran on.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>more than {:.0f} %</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>less than {:.0f} %</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/run_record.py" />
   <source>{} on {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>Waiting for the run before it</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>Starting</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>Cancelling</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>Loading the results</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>The run ended without a reason; see View &gt; Panels &gt; Log Messages, Processing.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/runs.py" />
   <source>The results could not be loaded: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/saving.py" />
   <source>The results could not be saved: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/saving.py" />
   <source>The results are in {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/dock/saving.py" />
   <source>Saving results of SOMA</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/child.py" />
   <source>Cancelled.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/child.py" />
   <source>it did not answer within {:.0f} s</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/child.py" />
   <source>it ended with code {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>There is no program {}; choose another one.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>This Python cannot run SOMA ({}); install what is missing, or choose another.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>The core does not start in this Python ({}).</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>{} is {}, and SOMA needs {} or later; update it, or choose another Python.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>It works: Python {python}, torch {torch}, timm {timm}, rasterio {rasterio};</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/diagnostics.py" />
   <source>runs on {} ({}).</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>Waiting for another run of SOMA to end.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>Cancelled before it started.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>The worker did not answer within {:.0f} s; try again.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>Cancelled; no half-written file is left.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>The core speaks protocol {} and the plugin {}; install one release of both.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>{} could not be deleted; it may be deleted by hand.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>The worker ended unexpectedly ({}; its last words: {}); run again, and close other programs first where memory is short.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>none</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>killed by signal {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/engine.py" />
   <source>exit code {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>A Python found on this computer: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>SOMA needs its environment first: create it with one click.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>The chosen Python: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>There is no program {}; correct the Python in {} or in the settings.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>The environment made by SOMA</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>SOMA has no Python with torch, timm, rasterio and safetensors yet; create its environment in Settings &gt; Options &gt; SOMA, or name a Python there or in {}.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/environment.py" />
   <source>it is older than Python {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>the disk is full; free some space and try again.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>the proxy let nothing through; correct it in Settings &gt; Options &gt; Network.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>the package index's certificate is not trusted; name yours in pip's setting 'cert'.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>the package index cannot be reached; check the network, or use a folder of wheels.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>a package is not the one that SOMA was released with; check index or folder.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>no build for this Python and system in index or folder; add it there.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>a file cannot be written; close other QGIS windows and check the virus scanner.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/failures.py" />
   <source>this Python cannot make environments; install venv (package python3-venv) or uv.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{} cannot be deleted ({}); close other QGIS windows and try again.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Installing packages</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Installing torch</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Writing the environment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Checking the disk: {:.1f} GB are free where the QGIS profile is and the environment needs {:.0f} GB; free some space and try again.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Making the virtual environment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{}: no Python 3.10 to 3.14 with venv was found; install one (on Debian and Ubuntu the package python3-venv) or uv, and try again.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{}: not in the index; {} instead</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Testing the environment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{}: {} Try again, or choose a Python of your own.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>Cancelled; what was installed so far is kept for the next attempt.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/installation.py" />
   <source>{}; try again, and copy the diagnostics where it stays so.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/process.py" />
   <source>{} cannot be started ({}); choose another Python for SOMA.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/tasks.py" />
   <source>{} failed unexpectedly ({}); copy the diagnostics and report it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/tasks.py" />
   <source>Making SOMA's environment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/tasks.py" />
   <source>Checking a Python</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/engine/tasks.py" />
   <source>Deleting SOMA's environment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{} is no file and needs an image with a CRS beside it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{} would be exported with {} × {} pixels, which is too much; choose a smaller extent.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{} could not be exported ({}); check that its server answers.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{} gave no image of this area; check that its server answers.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/export.py" />
   <source>{:.3g} m per pixel</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/results.py" />
   <source>{} keeps its default style: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/results.py" />
   <source>{} (drawn {:g} times as long)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/source.py" />
   <source>{} is not a file ({} layer); right-click it, choose Export &gt; Save As to make a GeoTIFF of the part to register, and take that.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/source.py" />
   <source>{} is opened with credentials, which are not passed on; right-click it, choose Export &gt; Save As to make a GeoTIFF, and take that.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/stand_in.py" />
   <source>{} cannot be read any more ({}); repair its source.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/vector_export.py" />
   <source>{}: {} has geometries of another kind than is needed here.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/vector_export.py" />
   <source>{}: no feature of {} is selected; select some, or take all.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/vector_export.py" />
   <source>{}: {} has no features; choose another layer.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/layers/vector_export.py" />
   <source>{} could not be exported ({}).</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>SOMA's own environment, or a Python that fits</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>The environment that one click makes, else a Python found on this computer.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>This Python:</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>A Python that you have set up yourself; Check tries it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>A Python 3.10 or later with torch, timm, rasterio, safetensors.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Remove environment…</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Deletes the environment that SOMA made, and nothing else</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Check</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Tries the Python: packages, versions and the device</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Copy diagnostics</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Versions, settings and the log of the last attempt; your home folder reads as ~.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Install from the wheels in this folder, without a network.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>One more package index, such as one with the CPU or CUDA builds of torch.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>GPU where it works, else CPU</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>What the panel and the toolbox choose at first.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source> min</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>How long the worker waits for the next run, which then starts at once; 0: never.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Python of the worker</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Folder of wheels (offline)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Additional package index</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Device</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Keep the worker for</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Continue creating</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Create again</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Now in use: {}</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>The variable {} goes before this page.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Another release made it; create it again to update it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>The environment was deleted.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/options/page.py" />
   <source>Delete the environment that SOMA made, in {}?</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="soma_qgis/plugin.py" />
   <source>Open the SOMA panel: register SAR and optical images</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>SAR band</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The band of the SAR image to match, from 1; not set: the first, or VV or HH of a Sentinel-1 product. All bands are moved.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>the first</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Optical bands</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>One or three bands of the optical image to match, from 1; not set: red, green, blue.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>automatic (RGB)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Image to move</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The other one is the reference: it stays, and gives CRS and grid.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>auto: what was measured decides, the simplest transformation that explains the images is taken; choose another one where you know better. shift: the whole image is moved, and nothing else. rigid: and rotated. similarity: and scaled, alike in all directions. affine: and sheared, with a scale of its own along each axis. affine+flow: an affine and a smooth local field on top, for relief and distortion that differ from place to place.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Largest shift</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The largest shift to expect, in pixels of the reference. Larger takes longer and finds more wrong places that look alike.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>px</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Largest rotation</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The largest rotation to expect between the images, in degrees; not set: 4, or 25 for images without georeferencing.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>°</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>automatic (4 or 25)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Largest scale</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The largest factor to expect between the scales of the images; not set: 1, for georeferencing says the scale, or 1.1 for images without it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>×</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>automatic (1 or 1.1)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Extent to register</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Only the overlap inside is matched and written, in the reference's CRS; not set: all of it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>the whole overlap</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Mask</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Polygons (GeoJSON, GeoPackage) or a raster (its valid pixels that are not 0) over ground to leave out, as water, clouds or forbidden areas, in any CRS: it is kept out of the matching and of the verdict, but not of the products.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Polygons or raster (*.geojson *.json *.gpkg *.tif *.tiff *.vrt);;All files (*)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Leave out open water</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Water that both images show, dark and smooth, is found in them and left out as by a mask; log, report and summary say how much it is. Shores stay in.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Two or more places found in both images, roughly: points of the Georeferencer (.points), CSV, or lines from the place in the moving image to that in the reference. The search starts from them, and the largest shift counts from there; they do not hold the result, and are compared with it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Points (*.points *.csv *.txt *.geojson *.json *.gpkg);;All files (*)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Places found in both images, in the same forms, that are only compared with the result: RMSE and CE90 at them stand in report and summary.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Smallest certainty</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Vectors and ground control points below it are left out; the registered raster is not affected. The certainty of a place is the probability, 0 to 1, that the displacement is right to a pixel there.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Spacing of vectors</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Of displacement vectors and ground control points, in pixels of the reference; not set: about 40 along the longer side.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>40 along a side</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Resampling</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Of the registered raster. auto: nearest for classes (palettes), cubic for everything else.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Output grid</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Pixels of the registered raster, aligned with the reference's. reference: its own. moving: about as large as the moving image's, by a whole number of the reference's or a whole part. auto: as moving where the moving image's are three times as large or more, else as reference; where a saved registration is applied, as in that.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Output pixel size</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Of the registered raster, in units of the reference's CRS, in place of the output grid's; not set: as the output grid says.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>by the output grid</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Heights of the ground (DEM)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>A raster of heights in metres above the ellipsoid, for images that RPCs place; heights above the sea do as well, for the difference is a shift; not set: the mean height that the RPCs name.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>a mean height</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The name of a bundled model, or the path of a .safetensors file.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>auto: the GPU where it passes a test, else the CPU; the log says which, and why.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Creation options</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>GDAL creation options of the registered raster, as COMPRESS=ZSTD or DRIVER=COG.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>The moving image on the reference's grid, or on larger pixels aligned with it, with all its bands.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Displacement vectors</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Lines from the old to the new position, with dx_m (east) and dy_m (north) in metres, dx_px and dy_px in pixels, certainty and residual.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Bands dx and dy (metres, east and north, new = old + (dx, dy)), certainty and residual. From it the registration can be applied to other rasters.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Ground control points</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Points that QGIS's Georeferencer loads for the moving image.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Ground control points (*.points)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Report</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>One HTML file with verdict, figures, images before and after, and settings.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>HTML (*.html)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Summary</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>Verdict, probability, transformation, figures, settings and versions as JSON; it is written for a failed registration too.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <location filename="resources/definitions.json" />
   <source>JSON (*.json)</source>
   <translation type="unfinished" />
  </message>
 </context>
</TS>
