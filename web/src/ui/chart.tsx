// A line over time; uPlot is loaded when the first one is shown.
import { useEffect, useRef } from "preact/hooks";
import type uPlotType from "uplot";
import { clock, short } from "../lib/time";

export interface Series {
  label: string;
  values: (number | null)[];
  colour: string;
  bars?: boolean;
}

/** As exact as the marks are close. */
function axisTime(x: number, at: readonly number[]): string {
  const step = (at[1] ?? x + 60) - (at[0] ?? x);
  return step >= 86400 ? short(x * 1000).slice(0, 5) : step >= 60 ? clock(x * 1000).slice(0, 5) : clock(x * 1000);
}

/** `times` in seconds. `zoom` is called with a stretch that was dragged over. */
export function Chart({ label, times, series, height = 120, zoom }:
  { label: string; times: number[]; series: Series[]; height?: number; zoom?: (from: number, to: number) => void }) {
  const box = useRef<HTMLDivElement>(null), plot = useRef<uPlotType | null>(null), data = useRef<uPlotType.AlignedData>([[]]);
  data.current = [times, ...series.map((s) => s.values)] as uPlotType.AlignedData;
  useEffect(() => {
    let gone = false, see: ResizeObserver | undefined;
    void import("uplot").then(({ default: uPlot }) => {
      const el = box.current;
      if (gone || !el) return;
      const style = getComputedStyle(el), ink = style.getPropertyValue("--dim").trim(), rule = style.getPropertyValue("--line").trim();
      const axis = { stroke: ink, grid: { stroke: rule, width: 1 }, ticks: { stroke: rule } };
      plot.current = new uPlot({
        width: el.clientWidth, height, legend: { show: false }, cursor: { drag: { x: !!zoom, y: false } },
        axes: [{ ...axis, space: 70, values: (_, at) => at.map((x) => axisTime(x, at)) }, { ...axis, size: 56, space: 22 }],
        scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
        series: [{}, ...series.map((s) => ({ label: s.label, stroke: style.getPropertyValue(s.colour).trim(), width: 1.5,
          points: { show: false }, fill: style.getPropertyValue(s.colour + "-soft").trim(),
          ...(s.bars ? { paths: uPlot.paths.bars?.({ size: [0.9, 40] }) as uPlotType.Series.PathBuilder } : {}) }))],
        hooks: { setSelect: [(u) => {
          if (zoom && u.select.width > 4) zoom(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
        }] },
      }, data.current, el);
      see = new ResizeObserver(() => plot.current?.setSize({ width: el.clientWidth, height }));
      see.observe(el);
    });
    return () => { gone = true; see?.disconnect(); plot.current?.destroy(); plot.current = null; };
  }, []);
  useEffect(() => plot.current?.setData(data.current), [times, series]);
  return <div class="chart" ref={box} role="img" aria-label={label} style={{ height: `${height}px` }} />;
}
