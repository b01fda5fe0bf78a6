// The deck.gl classes that a description may name. twin/picture/deck.py lists the same layers (a test compares them).

import { MapView } from "@deck.gl/core";
import { PathStyleExtension } from "@deck.gl/extensions";
import {
  ArcLayer, BitmapLayer, ColumnLayer, GeoJsonLayer, GridCellLayer, IconLayer, LineLayer, PathLayer, PointCloudLayer,
  PolygonLayer, ScatterplotLayer, SolidPolygonLayer, TextLayer,
} from "@deck.gl/layers";
import { ContourLayer, GridLayer, HeatmapLayer, HexagonLayer, ScreenGridLayer } from "@deck.gl/aggregation-layers";
import {
  GeohashLayer, GreatCircleLayer, QuadkeyLayer, S2Layer, TripsLayer,
} from "@deck.gl/geo-layers";

export const layerTypes = {
  ArcLayer, BitmapLayer, ColumnLayer, ContourLayer, GeoJsonLayer, GeohashLayer, GreatCircleLayer,
  GridCellLayer, GridLayer, HeatmapLayer, HexagonLayer, IconLayer, LineLayer, PathLayer, PointCloudLayer, PolygonLayer,
  QuadkeyLayer, S2Layer, ScatterplotLayer, ScreenGridLayer, SolidPolygonLayer, TextLayer, TripsLayer,
};

export const otherTypes = { MapView, PathStyleExtension };
