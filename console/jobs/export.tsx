import type { Job } from '../../client/responses.ts';
import { csvOf } from './csv.ts';

/** The rows of the table as a file, made in the page. */
export function Export({ rows }: { readonly rows: readonly Job[] }) {
  const save = (name: string, type: string, text: string) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <span class="end">
      Export{' '}
      <button type="button" class="plain" onClick={() => save('jobs.csv', 'text/csv', csvOf(rows))}>
        CSV
      </button>{' '}
      <button
        type="button"
        class="plain"
        onClick={() => save('jobs.json', 'application/json', JSON.stringify(rows, null, 2))}
      >
        JSON
      </button>
    </span>
  );
}
