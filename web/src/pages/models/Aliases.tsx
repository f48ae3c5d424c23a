// champion → 3
export function Aliases({ aliases }: { aliases: Record<string, number> }) {
  const all = Object.entries(aliases);
  if (all.length === 0) return <>–</>;
  return (
    <span class="chips">
      {all.map(([alias, version]) => (
        <span key={alias} class="chip">
          <b>{alias}</b> version {version}
        </span>
      ))}
    </span>
  );
}
