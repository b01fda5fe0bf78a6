// A ring around the spot that the map was asked to look at, in two colours so that it shows on any ground.

import { ScatterplotLayer } from "@deck.gl/layers";

import { rgb } from "./closures.js";

const RADIUS = 19;

/** Layers of the ring; none where there is nothing to look at. */
export function ring(look, colours) {
  if (look.lon === undefined) return [];
  const circle = {
    data: [[look.lon, look.lat]],
    getPosition: (point) => point,
    getRadius: RADIUS,
    radiusUnits: "pixels",
    lineWidthUnits: "pixels",
    filled: false,
    stroked: true,
  };
  return [
    new ScatterplotLayer({ ...circle, id: "ring edge", getLineWidth: 8, getLineColor: [...rgb(colours.paper), 220] }),
    new ScatterplotLayer({ ...circle, id: "ring", getLineWidth: 4, getLineColor: rgb(colours.ink) }),
  ];
}
