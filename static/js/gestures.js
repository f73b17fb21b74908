// Pointer and wheel on the spectrogram: read, seek, pan, pinch.

const CLICK_PX = 4;

export function gestures(canvas, viewer, onSeek) {
  const down = new Map();
  let start = null;
  let moved = false;

  const at = (event) => { const edge = canvas.getBoundingClientRect(); return { x: event.clientX - edge.left, y: event.clientY - edge.top }; };
  const second = (x) => viewer.view.t0 + ((x - viewer.box.left) / viewer.box.width) * (viewer.view.t1 - viewer.view.t0);

  canvas.addEventListener("pointerdown", (event) => {
    if (!viewer.box) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    start = at(event);
    moved = down.size > 1;
  });
  canvas.addEventListener("pointermove", (event) => {
    const now = at(event);
    const before = down.get(event.pointerId);
    if (before && viewer.box) {
      down.set(event.pointerId, now);
      if (down.size === 2) pinch(event.pointerId, before, now);
      else if (moved || Math.abs(now.x - start.x) > CLICK_PX) {
        moved = true;
        canvas.classList.add("is-dragging");
        viewer.view.pan(second(before.x) - second(now.x));
      }
    }
    viewer.point(now.x, now.y);
  });
  const end = (event) => {
    if (!down.delete(event.pointerId)) return;
    canvas.classList.remove("is-dragging");
    if (!moved && event.type === "pointerup" && start.x >= viewer.box.left && start.x <= viewer.box.right) onSeek(second(start.x));
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => { if (!down.size) viewer.point(-1, -1); });

  // Plain wheel scrolls the page; with Ctrl (or a trackpad's pinch) it zooms, sideways it pans.
  canvas.addEventListener("wheel", (event) => {
    if (!viewer.box) return;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    const focused = document.activeElement === canvas;
    if (!event.ctrlKey && !sideways && !focused) return;
    event.preventDefault();
    const { view, box } = viewer;
    if (sideways) view.pan(((event.deltaX || event.deltaY) / box.width) * (view.t1 - view.t0));
    else view.zoom(Math.exp(event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), second(at(event).x));
    viewer.draw();
  }, { passive: false });

  function pinch(moving, before, now) {
    const [, other] = [...down].find(([id]) => id !== moving);
    const was = Math.max(8, Math.abs(before.x - other.x)), is = Math.max(8, Math.abs(now.x - other.x));
    viewer.view.zoom(was / is, second((now.x + other.x) / 2));
    viewer.draw();
  }
}
