import { hrefOf } from '../data/place.ts';

interface ChipsProps {
  readonly labels: Readonly<Record<string, string>>;
  /** The filters that a chip adds its own to; absent: it begins anew. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The keyboard passes by. */
  readonly isQuiet?: boolean;
}

/** Labels as `key=value`, each a link to the jobs that have it too. */
export function Chips({ labels, query = {}, isQuiet = false }: ChipsProps) {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const known = query['label'];
  const others = known === undefined ? [] : [known].flat();
  return (
    <span class="chips">
      {pairs.map(([key, value]) => {
        const pair = `${key}=${value}`;
        const label = [...others.filter((one) => one !== pair), pair];
        return (
          <a
            key={key}
            class="tag"
            href={hrefOf(['jobs'], { ...query, label })}
            title={`Jobs with ${pair}`}
            tabIndex={isQuiet ? -1 : undefined}
          >
            <span class="dim">{key}=</span>
            {value}
          </a>
        );
      })}
    </span>
  );
}
