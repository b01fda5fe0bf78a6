// What a road carries now, beside the pointer. Drawn here: the kernel hears nothing of it.

import { element, number } from "./page.js";

/** Facts of one link in one frame, as rows of [label, text]. */
export function facts(columns, page, link, frame) {
  const { words } = page;
  const rows = [];
  if (columns.get("closed")[link]) rows.push([words.road_closure, ""]);
  else if (columns.get("flow").length) {
    const speed = columns.frame("speed", frame)[link];
    const minutes = Math.round((10 * columns.get("limits")[link]) / Math.max(speed, 1));
    rows.push([words.ten_minute_trip, `${Math.max(minutes, 10)} ${words.minutes}`]);
    rows.push([words.speed, `${speed} ${words.kmh}`]);
    rows.push([words.flow, `${number(columns.frame("flow", frame)[link], page.language)} ${words.vehicles_an_hour}`]);
  }
  rows.push([words.speed_limit, `${columns.get("limits")[link]} ${words.kmh}`]);
  rows.push([words.lane_count, String(columns.get("lanes")[link])]);
  return rows;
}

export class Tooltip {
  constructor(stage) {
    this.stage = stage;
    this.box = element("div", "town-map-panel town-map-tooltip");
    this.box.hidden = true;
    stage.append(this.box);
  }

  show(x, y, name, rows) {
    const lines = rows.map(([label, text]) =>
      element("div", "town-map-fact", "", [element("span", "", label), element("span", "", text)]),
    );
    this.box.replaceChildren(element("div", "town-map-name", name), ...lines);
    this.box.hidden = false;
    const { clientWidth, clientHeight } = this.stage;
    const { offsetWidth, offsetHeight } = this.box;
    const left = x + 14 + offsetWidth > clientWidth ? x - 14 - offsetWidth : x + 14;
    const top = y + 14 + offsetHeight > clientHeight ? y - 14 - offsetHeight : y + 14;
    this.box.style.transform = `translate(${Math.max(left, 4)}px, ${Math.max(top, 4)}px)`;
  }

  hide() {
    this.box.hidden = true;
  }
}
