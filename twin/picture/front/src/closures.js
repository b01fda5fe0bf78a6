// Closed roads: a red, hatched band and a no-entry sign, so that the colour does not have to say it alone.

import { PathStyleExtension } from "@deck.gl/extensions";
import { IconLayer, PathLayer } from "@deck.gl/layers";

import { middle, path } from "./columns.js";
import { offset } from "./paint.js";

const STYLE = [new PathStyleExtension({ dash: true, offset: true })];
const WIDTH = 4.5;
const SIGN = 64;
/** Signs of one street stand at least this far apart [degrees of latitude, about 140 m]. */
const APART = 0.00125;

/** Layers for the closed links among the columns; none where nothing is closed. */
export function closureLayers(columns, origin, colours, scale) {
  const closed = columns.get("closed");
  const rows = [];
  closed.forEach((is, link) => is && rows.push(link));
  if (!rows.length) return [];
  const [positions, starts, sides] = ["positions", "starts", "sides"].map((name) => columns.get(name));
  const side = offset(WIDTH, scale);
  const roads = rows.map((link) => ({ path: path(positions, starts, link, origin), side: sides[link] ? side : 0 }));
  const signs = thinned(rows.map((link) => middle(positions, starts, link, origin)));
  const band = {
    data: roads,
    getPath: (road) => road.path,
    getOffset: (road) => road.side,
    getWidth: WIDTH,
    widthUnits: "pixels",
    widthScale: scale,
    extensions: STYLE,
  };
  return [
    new PathLayer({ ...band, id: "closures", getColor: rgb(colours.closure), getDashArray: [0, 0] }),
    new PathLayer({ ...band, id: "closure hatch", getColor: rgb(colours.hatch), getDashArray: [0.7, 1.1] }),
    new IconLayer({
      id: "closure signs",
      data: signs,
      iconAtlas: sign(colours.closure),
      iconMapping: { sign: { x: 0, y: 0, width: SIGN, height: SIGN } },
      getIcon: () => "sign",
      getPosition: (point) => point,
      getSize: 18,
    }),
  ];
}

function thinned(points) {
  const kept = [];
  for (const [x, y] of points) {
    const shrink = Math.cos((y * Math.PI) / 180);
    if (kept.every(([a, b]) => Math.hypot((x - a) * shrink, y - b) > APART)) kept.push([x, y]);
  }
  return kept;
}

const signs = {};

/** A no-entry sign, drawn here because nothing is fetched; one canvas a colour, so that it is uploaded once. */
function sign(colour) {
  if (signs[colour]) return signs[colour];
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIGN;
  const pen = canvas.getContext("2d");
  const half = SIGN / 2;
  pen.fillStyle = "#ffffff";
  disc(pen, half, half - 1);
  pen.fillStyle = colour;
  disc(pen, half, half - 6);
  pen.fillStyle = "#ffffff";
  pen.fillRect(half - 18, half - 5, 36, 10);
  signs[colour] = canvas.toDataURL();
  return signs[colour];
}

function disc(pen, centre, radius) {
  pen.beginPath();
  pen.arc(centre, centre, radius, 0, 2 * Math.PI);
  pen.fill();
}

export function rgb(colour) {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
