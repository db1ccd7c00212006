// Draws the charts, in the page's theme, and again when the theme changes.
(function () {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const config = (isDark) => {
    const ink = isDark ? "#ececf0" : "#1c1c1e";
    const line = isDark ? "#3c3c42" : "#d4d4d8";
    return {
      background: "transparent",
      font: "system-ui, sans-serif",
      title: { color: ink, fontSize: 13, anchor: "start", limit: 0 },
      axis: { labelColor: ink, titleColor: ink, domainColor: line, tickColor: line, gridColor: line },
      legend: { labelColor: ink, titleColor: ink },
      view: { stroke: "transparent" },
    };
  };
  const drawn = new Map();
  const draw = (place) => {
    const old = drawn.get(place);
    if (old) old.finalize();
    const spec = window.perfpredSpecs[Number(place.dataset.chart)];
    const options = { actions: false, renderer: "svg", config: config(dark.matches) };
    vegaEmbed(place, spec, options).then((view) => drawn.set(place, view));
  };
  // Charts are drawn when they come into sight: a page may hold many.
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }
  }, { rootMargin: "400px" });
  const places = document.querySelectorAll(".chart");
  places.forEach((place) => seen.observe(place));
  dark.addEventListener("change", () => drawn.forEach((_, place) => draw(place)));
  window.addEventListener("beforeprint", () => places.forEach((place) => drawn.has(place) || draw(place)));
})();
