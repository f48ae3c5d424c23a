// The curves of a run, growing while it runs: its events as a stream, drawn at most once a frame.
import { useEffect, useRef, useState } from "preact/hooks";
import { runEventsUrl } from "../../api/runs";
import { follow } from "../../state/events";
import { addEvent, type Curves, emptyCurves, type RunEvent } from "./curves";

const names = ["begin", "epoch", "end", "failed", "stopped"];

export interface LiveCurves {
  curves: Curves;
  connected: boolean;
}

/** round: another number reads the events anew, as after a resume. */
export function useCurves(run: string, running: boolean, round: number): LiveCurves {
  const [live, setLive] = useState<LiveCurves>({ curves: emptyCurves(), connected: false });
  const still = useRef(running);
  still.current = running;
  useEffect(() => {
    const curves = emptyCurves();
    let connected = false;
    let frame = 0;
    const draw = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        setLive({ curves: { ...curves, folds: curves.folds.map((fold) => ({ ...fold })) }, connected });
      });
    };
    const stream = follow<RunEvent>(
      runEventsUrl(run),
      names,
      (event) => {
        addEvent(curves, event);
        draw();
      },
      (now) => {
        connected = now;
        // The stream of a run that does not run ends after the last event; to connect again would bring nothing.
        if (!now && !still.current) stream.close();
        draw();
      },
    );
    return () => {
      stream.close();
      cancelAnimationFrame(frame);
    };
  }, [run, round]);
  return live;
}
