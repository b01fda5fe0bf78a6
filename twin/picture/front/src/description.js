// From the deck.gl JSON description to deck.gl objects.

import { JSONConfiguration, JSONConverter } from "@deck.gl/json";

import { layerTypes, otherTypes } from "./layer_types.js";

const REFERENCE = "@@#";

/**
 * Read a description: views, first camera, and layers, each with the name of the data that it waits for (or null).
 *
 * A layer's own data never goes through the converter: a text in it that begins with "@@" would be evaluated.
 */
export function read(json) {
  const description = JSON.parse(json);
  const data = description.layers.map((layer) => layer.data);
  for (const layer of description.layers) delete layer.data;
  const configuration = new JSONConfiguration({ classes: { ...layerTypes, ...otherTypes } });
  const { layers, views, initialViewState } = new JSONConverter({ configuration }).convert(description);
  return {
    views,
    initialViewState,
    layers: layers.map((layer, number) => withData(layer, data[number])),
  };
}

function withData(layer, data) {
  const waits = typeof data === "string" && data.startsWith(REFERENCE);
  return waits ? { layer, waitsFor: data.slice(REFERENCE.length) } : { layer: layer.clone({ data }), waitsFor: null };
}
