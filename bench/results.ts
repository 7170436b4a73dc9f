const INTRO = `# Results

Written by \`npm run bench\`; every section says under what its figures were measured.`;

/** The sections of a results file by their titles. */
export function readSections(text: string): Map<string, string> {
  const parts = text.split(/^## /m).slice(1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf('\n');
      return [part.slice(0, end).trim(), part.slice(end + 1).trim()] as const;
    }),
  );
}

/** A results file with the sections that there are, in the given order; what is not in it any more is left out. */
export function writeSections(titles: readonly string[], sections: ReadonlyMap<string, string>): string {
  const parts = titles.flatMap((title) => {
    const body = sections.get(title);
    return body === undefined ? [] : [`## ${title}\n\n${body}`];
  });
  return `${[INTRO, ...parts].join('\n\n')}\n`;
}
