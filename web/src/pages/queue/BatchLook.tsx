// The forced look: each of the worst and of the random holes must have been on the screen before the batch is approved.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { BatchPreview } from "../../api/review";
import type { Hole } from "../../api/types";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { fileName, HoleCard } from "../../components/HoleCard";
import { HolePlot } from "../../components/HolePlot";
import { Progress } from "../../components/Progress";
import { count, percent } from "../../text/format";

/** A look is worth something from about this long on. */
const lookMs = 800;

interface Props {
  preview: BatchPreview;
  busy: boolean;
  onApprove: (seen: string[]) => void;
}

export function BatchLook({ preview, busy, onApprove }: Props) {
  const needed = useMemo(() => [...new Set([...preview.worst, ...preview.random].map((hole) => hole.id))], [preview]);
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const [large, setLarge] = useState<Hole | null>(null);
  const see = (id: string) => setSeen((old) => (old.has(id) ? old : new Set(old).add(id)));
  const left = needed.length - seen.size;
  const holes = `${count(preview.count)} ${preview.count === 1 ? "hole" : "holes"}`;
  const grid = (list: Hole[]) => (
    <div class="cards three">
      {list.map((hole) => (
        <SeenCard
          key={hole.id}
          hole={hole}
          seen={seen.has(hole.id)}
          onSeen={() => see(hole.id)}
          onOpen={() => setLarge(hole)}
        />
      ))}
    </div>
  );
  return (
    <>
      <div class="card stack">
        <h2>
          2. Look at {needed.length} of {holes}
        </h2>
        <p class="soft">
          If the labels of the worst are right, the others are too. Scroll through all of them; enlarge one for a closer
          look, and correct it in Review where it is wrong.
        </p>
        <h3>The {preview.worst.length} least certain</h3>
        {grid(preview.worst)}
        {preview.random.length > 0 && <h3>{preview.random.length} picked at random</h3>}
        {grid(preview.random)}
      </div>
      <div class="card row approve-bar">
        <h2>3. Approve</h2>
        <div class="grow">
          <Progress
            label="Holes looked at"
            done={seen.size}
            total={needed.length}
            text={`${seen.size} of ${needed.length} looked at`}
          />
        </div>
        <Button kind="primary" icon="check" disabled={left > 0} busy={busy} onClick={() => onApprove([...seen])}>
          Approve {holes}
        </Button>
        <span class="hidden" role="status">
          {left === 0 ? "All were looked at. The batch can be approved." : ""}
        </span>
      </div>
      {large && (
        <Dialog wide title={fileName(large.file)} onClose={() => setLarge(null)}>
          <LargeHole hole={large} onShown={() => see(large.id)} />
        </Dialog>
      )}
    </>
  );
}

function SeenCard(props: { hole: Hole; seen: boolean; onSeen: () => void; onOpen: () => void }) {
  const { hole, seen } = props;
  const place = useRef<HTMLDivElement>(null);
  const onSeen = useRef(props.onSeen);
  onSeen.current = props.onSeen;
  useEffect(() => {
    const box = place.current;
    if (!box || seen) return;
    let timer = 0;
    const drawn = () => box.querySelector("svg[role=img]") !== null && document.visibilityState === "visible";
    const wait = () => {
      timer = window.setTimeout(() => (drawn() ? onSeen.current() : wait()), lookMs);
    };
    const watcher = new IntersectionObserver(
      ([entry]) => {
        clearTimeout(timer);
        if (entry?.isIntersecting) wait();
      },
      { threshold: 0.75 },
    );
    watcher.observe(box);
    return () => {
      clearTimeout(timer);
      watcher.disconnect();
    };
  }, [seen]);
  return (
    <div ref={place} class={seen ? "look seen" : "look"} data-hole={hole.id}>
      <HoleCard hole={hole} note={`confidence ${percent(hole.label?.confidence)}`}>
        <footer>
          {seen ? <Badge tone="ok">looked at</Badge> : <Badge tone="neutral">not yet looked at</Badge>}
          <Button small kind="quiet" icon="zoom" onClick={props.onOpen}>
            Enlarge
          </Button>
        </footer>
      </HoleCard>
    </div>
  );
}

function LargeHole({ hole, onShown }: { hole: Hole; onShown: () => void }) {
  useEffect(onShown, []);
  return (
    <div class="stack">
      <HolePlot
        id={hole.id}
        marks={hole.label ? [{ name: hole.label.source, points: hole.label.points }] : []}
        title={`Torque and thrust of ${fileName(hole.file)}`}
        width={900}
        height={380}
      />
      {hole.label && (
        <ul class="evidence">
          {Object.entries(hole.label.points).map(([name, point]) => (
            <li key={name}>
              <b>{name}</b> {point.mm === null ? "absent" : `${point.mm.toFixed(2)} mm`}{" "}
              <span class="soft">{point.evidence}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
