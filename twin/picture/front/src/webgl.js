// What this browser can draw: a graphics card, a slow imitation of one in software, or nothing.

const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

/** "hardware", "software" or "none". */
export function drawingPower() {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return "none";
  const detail = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = detail ? gl.getParameter(detail.UNMASKED_RENDERER_WEBGL) : "";
  // A browser keeps 16 contexts and then drops the oldest: give this one back at once.
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return SOFTWARE.test(renderer) ? "software" : "hardware";
}
