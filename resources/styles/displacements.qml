<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis styleCategories="Symbology|Fields" version="3.40.6-Bratislava">
  <renderer-v2 forceraster="0" type="RuleRenderer" symbollevels="0" referencescale="-1" enableorderby="0">
    <rules key="{10fab504-b815-4d20-b3c5-323a5b48a0af}">
      <rule filter="&quot;inlier&quot;" key="{2b88598d-fde4-4e7a-ba71-572e06f703bc}" symbol="0" label="Inlier"/>
      <rule filter="ELSE" key="{a01516ba-1bad-4306-85fc-ca31f18e687f}" symbol="1" label="Outlier, or not measured"/>
    </rules>
    <symbols>
      <symbol clip_to_extent="1" alpha="1" is_animated="0" type="line" frame_rate="10" force_rhr="0" name="0">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option type="Map" name="properties">
              <Option type="Map" name="alpha">
                <Option type="bool" name="active" value="true"/>
                <Option type="QString" name="expression" value="scale_linear(&quot;certainty&quot;, 0.3, 1, 40, 100)"/>
                <Option type="int" name="type" value="3"/>
              </Option>
            </Option>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" id="{a8ba7114-9a1d-4ff0-a26d-d43301bded48}" class="GeometryGenerator" pass="0" enabled="1">
          <Option type="Map">
            <Option type="QString" name="SymbolType" value="Line"/>
            <Option type="QString" name="geometryModifier" value="make_line(&#xa;  start_point($geometry),&#xa;  translate(&#xa;    start_point($geometry),&#xa;    (x(end_point($geometry)) - x(start_point($geometry))) * coalesce(@soma_arrow_scale, 1),&#xa;    (y(end_point($geometry)) - y(start_point($geometry))) * coalesce(@soma_arrow_scale, 1)&#xa;  )&#xa;)"/>
            <Option type="QString" name="units" value="MapUnit"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
          <symbol clip_to_extent="1" alpha="1" is_animated="0" type="line" frame_rate="10" force_rhr="0" name="@0@0">
            <data_defined_properties>
              <Option type="Map">
                <Option type="QString" name="name" value=""/>
                <Option name="properties"/>
                <Option type="QString" name="type" value="collection"/>
              </Option>
            </data_defined_properties>
            <layer locked="0" id="{86154b7c-b97d-4323-82a1-8a00bd5e0051}" class="ArrowLine" pass="0" enabled="1">
              <Option type="Map">
                <Option type="QString" name="arrow_start_width" value="0.4"/>
                <Option type="QString" name="arrow_start_width_unit" value="MM"/>
                <Option type="QString" name="arrow_start_width_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="arrow_type" value="0"/>
                <Option type="QString" name="arrow_width" value="0.4"/>
                <Option type="QString" name="arrow_width_unit" value="MM"/>
                <Option type="QString" name="arrow_width_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="head_length" value="1.5"/>
                <Option type="QString" name="head_length_unit" value="MM"/>
                <Option type="QString" name="head_length_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="head_thickness" value="0.9"/>
                <Option type="QString" name="head_thickness_unit" value="MM"/>
                <Option type="QString" name="head_thickness_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="head_type" value="0"/>
                <Option type="QString" name="is_curved" value="0"/>
                <Option type="QString" name="is_repeated" value="0"/>
                <Option type="QString" name="offset" value="0"/>
                <Option type="QString" name="offset_unit" value="MM"/>
                <Option type="QString" name="offset_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="ring_filter" value="0"/>
              </Option>
              <data_defined_properties>
                <Option type="Map">
                  <Option type="QString" name="name" value=""/>
                  <Option name="properties"/>
                  <Option type="QString" name="type" value="collection"/>
                </Option>
              </data_defined_properties>
              <symbol clip_to_extent="1" alpha="1" is_animated="0" type="fill" frame_rate="10" force_rhr="0" name="@@0@0@0">
                <data_defined_properties>
                  <Option type="Map">
                    <Option type="QString" name="name" value=""/>
                    <Option name="properties"/>
                    <Option type="QString" name="type" value="collection"/>
                  </Option>
                </data_defined_properties>
                <layer locked="0" id="{80dd9bf0-6fd7-46cd-a87f-cb868b5c50b3}" class="SimpleFill" pass="0" enabled="1">
                  <Option type="Map">
                    <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
                    <Option type="QString" name="color" value="215,48,31,255,rgb:0.84313725490196079,0.18823529411764706,0.12156862745098039,1"/>
                    <Option type="QString" name="joinstyle" value="bevel"/>
                    <Option type="QString" name="offset" value="0,0"/>
                    <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
                    <Option type="QString" name="offset_unit" value="MM"/>
                    <Option type="QString" name="outline_color" value="255,255,255,180,rgb:1,1,1,0.70588235294117652"/>
                    <Option type="QString" name="outline_style" value="solid"/>
                    <Option type="QString" name="outline_width" value="0.1"/>
                    <Option type="QString" name="outline_width_unit" value="MM"/>
                    <Option type="QString" name="style" value="solid"/>
                  </Option>
                  <data_defined_properties>
                    <Option type="Map">
                      <Option type="QString" name="name" value=""/>
                      <Option name="properties"/>
                      <Option type="QString" name="type" value="collection"/>
                    </Option>
                  </data_defined_properties>
                </layer>
              </symbol>
            </layer>
          </symbol>
        </layer>
      </symbol>
      <symbol clip_to_extent="1" alpha="1" is_animated="0" type="line" frame_rate="10" force_rhr="0" name="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option type="Map" name="properties">
              <Option type="Map" name="alpha">
                <Option type="bool" name="active" value="true"/>
                <Option type="QString" name="expression" value="scale_linear(&quot;certainty&quot;, 0.3, 1, 40, 100)"/>
                <Option type="int" name="type" value="3"/>
              </Option>
            </Option>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer locked="0" id="{caf87ffd-4881-4d64-8a68-575b9d084cd0}" class="GeometryGenerator" pass="0" enabled="1">
          <Option type="Map">
            <Option type="QString" name="SymbolType" value="Line"/>
            <Option type="QString" name="geometryModifier" value="make_line(&#xa;  start_point($geometry),&#xa;  translate(&#xa;    start_point($geometry),&#xa;    (x(end_point($geometry)) - x(start_point($geometry))) * coalesce(@soma_arrow_scale, 1),&#xa;    (y(end_point($geometry)) - y(start_point($geometry))) * coalesce(@soma_arrow_scale, 1)&#xa;  )&#xa;)"/>
            <Option type="QString" name="units" value="MapUnit"/>
          </Option>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
          <symbol clip_to_extent="1" alpha="1" is_animated="0" type="line" frame_rate="10" force_rhr="0" name="@1@0">
            <data_defined_properties>
              <Option type="Map">
                <Option type="QString" name="name" value=""/>
                <Option name="properties"/>
                <Option type="QString" name="type" value="collection"/>
              </Option>
            </data_defined_properties>
            <layer locked="0" id="{e1d7ec2c-71f0-4985-b904-65b5e471283d}" class="ArrowLine" pass="0" enabled="1">
              <Option type="Map">
                <Option type="QString" name="arrow_start_width" value="0.25"/>
                <Option type="QString" name="arrow_start_width_unit" value="MM"/>
                <Option type="QString" name="arrow_start_width_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="arrow_type" value="0"/>
                <Option type="QString" name="arrow_width" value="0.25"/>
                <Option type="QString" name="arrow_width_unit" value="MM"/>
                <Option type="QString" name="arrow_width_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="head_length" value="1"/>
                <Option type="QString" name="head_length_unit" value="MM"/>
                <Option type="QString" name="head_length_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="head_thickness" value="0.6"/>
                <Option type="QString" name="head_thickness_unit" value="MM"/>
                <Option type="QString" name="head_thickness_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="head_type" value="0"/>
                <Option type="QString" name="is_curved" value="0"/>
                <Option type="QString" name="is_repeated" value="0"/>
                <Option type="QString" name="offset" value="0"/>
                <Option type="QString" name="offset_unit" value="MM"/>
                <Option type="QString" name="offset_unit_scale" value="3x:0,0,0,0,0,0"/>
                <Option type="QString" name="ring_filter" value="0"/>
              </Option>
              <data_defined_properties>
                <Option type="Map">
                  <Option type="QString" name="name" value=""/>
                  <Option name="properties"/>
                  <Option type="QString" name="type" value="collection"/>
                </Option>
              </data_defined_properties>
              <symbol clip_to_extent="1" alpha="1" is_animated="0" type="fill" frame_rate="10" force_rhr="0" name="@@1@0@0">
                <data_defined_properties>
                  <Option type="Map">
                    <Option type="QString" name="name" value=""/>
                    <Option name="properties"/>
                    <Option type="QString" name="type" value="collection"/>
                  </Option>
                </data_defined_properties>
                <layer locked="0" id="{08e7a513-1f95-4b6c-886b-5dfc830c23b0}" class="SimpleFill" pass="0" enabled="1">
                  <Option type="Map">
                    <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
                    <Option type="QString" name="color" value="140,140,140,255,rgb:0.5490196078431373,0.5490196078431373,0.5490196078431373,1"/>
                    <Option type="QString" name="joinstyle" value="bevel"/>
                    <Option type="QString" name="offset" value="0,0"/>
                    <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
                    <Option type="QString" name="offset_unit" value="MM"/>
                    <Option type="QString" name="outline_color" value="255,255,255,180,rgb:1,1,1,0.70588235294117652"/>
                    <Option type="QString" name="outline_style" value="solid"/>
                    <Option type="QString" name="outline_width" value="0.1"/>
                    <Option type="QString" name="outline_width_unit" value="MM"/>
                    <Option type="QString" name="style" value="solid"/>
                  </Option>
                  <data_defined_properties>
                    <Option type="Map">
                      <Option type="QString" name="name" value=""/>
                      <Option name="properties"/>
                      <Option type="QString" name="type" value="collection"/>
                    </Option>
                  </data_defined_properties>
                </layer>
              </symbol>
            </layer>
          </symbol>
        </layer>
      </symbol>
    </symbols>
    <data-defined-properties>
      <Option type="Map">
        <Option type="QString" name="name" value=""/>
        <Option name="properties"/>
        <Option type="QString" name="type" value="collection"/>
      </Option>
    </data-defined-properties>
  </renderer-v2>
  <selection mode="Default">
    <selectionColor invalid="1"/>
  </selection>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <fieldConfiguration>
    <field configurationFlags="NoFlag" name="dx_m"/>
    <field configurationFlags="NoFlag" name="dy_m"/>
    <field configurationFlags="NoFlag" name="dx_px"/>
    <field configurationFlags="NoFlag" name="dy_px"/>
    <field configurationFlags="NoFlag" name="magnitude_m"/>
    <field configurationFlags="NoFlag" name="azimuth_deg"/>
    <field configurationFlags="NoFlag" name="certainty"/>
    <field configurationFlags="NoFlag" name="residual_px"/>
    <field configurationFlags="NoFlag" name="inlier"/>
  </fieldConfiguration>
  <aliases>
    <alias index="0" field="dx_m" name="Correction towards east (m): new = old + dx"/>
    <alias index="1" field="dy_m" name="Correction towards north (m): new = old + dy"/>
    <alias index="2" field="dx_px" name="Correction to the right (reference px)"/>
    <alias index="3" field="dy_px" name="Correction downwards (reference px)"/>
    <alias index="4" field="magnitude_m" name="Length of the correction (m)"/>
    <alias index="5" field="azimuth_deg" name="Direction of the correction (degrees from north, clockwise)"/>
    <alias index="6" field="certainty" name="Certainty (0 to 1)"/>
    <alias index="7" field="residual_px" name="Difference between measurement and field (px)"/>
    <alias index="8" field="inlier" name="Measurement agrees with the field"/>
  </aliases>
  <splitPolicies>
    <policy policy="Duplicate" field="dx_m"/>
    <policy policy="Duplicate" field="dy_m"/>
    <policy policy="Duplicate" field="dx_px"/>
    <policy policy="Duplicate" field="dy_px"/>
    <policy policy="Duplicate" field="magnitude_m"/>
    <policy policy="Duplicate" field="azimuth_deg"/>
    <policy policy="Duplicate" field="certainty"/>
    <policy policy="Duplicate" field="residual_px"/>
    <policy policy="Duplicate" field="inlier"/>
  </splitPolicies>
  <duplicatePolicies>
    <policy policy="Duplicate" field="dx_m"/>
    <policy policy="Duplicate" field="dy_m"/>
    <policy policy="Duplicate" field="dx_px"/>
    <policy policy="Duplicate" field="dy_px"/>
    <policy policy="Duplicate" field="magnitude_m"/>
    <policy policy="Duplicate" field="azimuth_deg"/>
    <policy policy="Duplicate" field="certainty"/>
    <policy policy="Duplicate" field="residual_px"/>
    <policy policy="Duplicate" field="inlier"/>
  </duplicatePolicies>
  <defaults>
    <default field="dx_m" expression="" applyOnUpdate="0"/>
    <default field="dy_m" expression="" applyOnUpdate="0"/>
    <default field="dx_px" expression="" applyOnUpdate="0"/>
    <default field="dy_px" expression="" applyOnUpdate="0"/>
    <default field="magnitude_m" expression="" applyOnUpdate="0"/>
    <default field="azimuth_deg" expression="" applyOnUpdate="0"/>
    <default field="certainty" expression="" applyOnUpdate="0"/>
    <default field="residual_px" expression="" applyOnUpdate="0"/>
    <default field="inlier" expression="" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint unique_strength="0" constraints="0" field="dx_m" exp_strength="0" notnull_strength="0"/>
    <constraint unique_strength="0" constraints="0" field="dy_m" exp_strength="0" notnull_strength="0"/>
    <constraint unique_strength="0" constraints="0" field="dx_px" exp_strength="0" notnull_strength="0"/>
    <constraint unique_strength="0" constraints="0" field="dy_px" exp_strength="0" notnull_strength="0"/>
    <constraint unique_strength="0" constraints="0" field="magnitude_m" exp_strength="0" notnull_strength="0"/>
    <constraint unique_strength="0" constraints="0" field="azimuth_deg" exp_strength="0" notnull_strength="0"/>
    <constraint unique_strength="0" constraints="0" field="certainty" exp_strength="0" notnull_strength="0"/>
    <constraint unique_strength="0" constraints="0" field="residual_px" exp_strength="0" notnull_strength="0"/>
    <constraint unique_strength="0" constraints="0" field="inlier" exp_strength="0" notnull_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint exp="" desc="" field="dx_m"/>
    <constraint exp="" desc="" field="dy_m"/>
    <constraint exp="" desc="" field="dx_px"/>
    <constraint exp="" desc="" field="dy_px"/>
    <constraint exp="" desc="" field="magnitude_m"/>
    <constraint exp="" desc="" field="azimuth_deg"/>
    <constraint exp="" desc="" field="certainty"/>
    <constraint exp="" desc="" field="residual_px"/>
    <constraint exp="" desc="" field="inlier"/>
  </constraintExpressions>
  <expressionfields/>
  <layerGeometryType>1</layerGeometryType>
</qgis>
