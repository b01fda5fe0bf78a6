// Clicks on the map: deck.gl's own click event is lost where picking is slow, a listener on the page is not.

/** A pointer that moved further than this [pixels] dragged the map and clicked nothing. */
const STILL = 5;

/** Call back with the pixel of each click that is no drag; returns a function that stops it. */
export function watchClicks(stage, clicked) {
  let pressed = null;
  const down = (event) => {
    pressed = [event.clientX, event.clientY];
  };
  const click = (event) => {
    if (!pressed || Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > STILL) return;
    const { left, top } = stage.getBoundingClientRect();
    clicked(event.clientX - left, event.clientY - top);
  };
  // Capture: the map's own controller may stop the event on its way.
  stage.addEventListener("pointerdown", down, true);
  stage.addEventListener("click", click, true);
  return () => {
    stage.removeEventListener("pointerdown", down, true);
    stage.removeEventListener("click", click, true);
  };
}
