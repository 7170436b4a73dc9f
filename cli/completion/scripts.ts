/** The scripts of the shells. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export interface Node {
  /** `subs add`; empty for the program. */
  readonly path: string;
  readonly words: readonly Word[];
  /** The commands below it, by each of their names. */
  readonly children: readonly { readonly word: string; readonly path: string }[];
}

export interface Word {
  readonly word: string;
  readonly about: string;
}

export interface Completed {
  readonly nodes: readonly Node[];
  /** What may stand after an option, by the option. */
  readonly values: readonly (readonly [option: string, words: readonly string[]])[];
  /** Options that take a file. */
  readonly files: readonly string[];
  /** Options that take any other text: nothing is offered after them. */
  readonly texts: readonly string[];
}

/** `PATH/WORD) path='PATH WORD' ;;`: a word that is no command of the path ends the path. */
function steps({ nodes }: Completed, variable: string): string {
  return nodes
    .flatMap(({ path, children }) =>
      children.map((child) => `      '${path}/${child.word}') ${variable}='${child.path}' ;;`),
    )
    .join('\n');
}

export function bash(completed: Completed): string {
  const { nodes, values, files, texts } = completed;
  const cases = nodes.map(({ path, words }) => `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`);
  const offer = (words: string) => `COMPREPLY=($(compgen -W '${words}' -- "$cur")); return`;
  const after = values.map(([option, words]) => `    ${option}) ${offer(words.join(' '))} ;;`);
  return `# bash completion for jobwatch
_jobwatch() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) continue ;; esac
    case "$path/$word" in
${steps(completed, 'path')}
      *) break ;;
    esac
  done
  case "$prev" in
${after.join('\n')}
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    ${texts.join('|')}) return ;;
  esac
  case "$path" in
    completion) ${offer(SHELLS.join(' '))} ;;
    validate) [[ "$cur" == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; } ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _jobwatch jobwatch`;
}

export function zsh(completed: Completed): string {
  const { nodes, values, files, texts } = completed;
  const described = ({ word, about }: Word) => `'${quoted(word.replaceAll(':', '\\:'))}:${quoted(about)}'`;
  const cases = nodes.map(({ path, words }) => `    '${path}') words=(${words.map(described).join(' ')}) ;;`);
  const after = values.map(
    ([option, words]) => `    ${option}) compadd -- ${words.map((word) => `'${word}'`).join(' ')}; return ;;`,
  );
  return `#compdef jobwatch
_jobwatch() {
  local -a words_before words; local path_='' word
  words_before=("\${(@)words[2,CURRENT-1]}")
  words=()
  for word in $words_before; do
    case "$word" in -*) continue ;; esac
    case "$path_/$word" in
${steps(completed, 'path_')}
      *) break ;;
    esac
  done
  case "\${words_before[-1]}" in
${after.join('\n')}
    ${files.join('|')}) _files; return ;;
    ${texts.join('|')}) return ;;
  esac
  case "$path_" in
    completion) compadd ${SHELLS.join(' ')}; return ;;
    validate) [[ "$PREFIX" == -* ]] || { _files; return; } ;;
  esac
  case "$path_" in
${cases.join('\n')}
  esac
  _describe 'jobwatch' words
}
compdef _jobwatch jobwatch`;
}

export function fish({ nodes, values, files, texts }: Completed): string {
  const isAt = (path: string) =>
    path === '' ? 'test -z (__jobwatch_path)' : `string match -q "${path}" (__jobwatch_path)`;
  const wordsOf = new Map(values);
  const afterOption = (option: string) => {
    const offered = wordsOf.get(option);
    if (offered !== undefined) return ` -x -a '${offered.join(' ')}'`;
    if (files.includes(option)) return ' -r -F';
    return texts.includes(option) ? ' -x' : '';
  };
  const lines = nodes.flatMap(({ path, words }) =>
    words.map(({ word, about }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}${afterOption(word)}` : `-a ${word}`;
      return `complete -c jobwatch -f -n '${isAt(path)}' ${what} -d '${quotedFish(about)}'`;
    }),
  );
  const cases = nodes.flatMap(({ path, children }) =>
    children.map((child) => `      case '${path}/${child.word}'\n        set path '${child.path}'`),
  );
  return `# fish completion for jobwatch
function __jobwatch_path
  set -l path ''
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and continue
    switch "$path/$word"
${cases.join('\n')}
      case '*'
        break
    end
  end
  echo $path
end
${lines.join('\n')}
complete -c jobwatch -f -n '${isAt('completion')}' -a '${SHELLS.join(' ')}'
complete -c jobwatch -n '${isAt('validate')}' -F`;
}

/** Inside single quotes of a POSIX shell. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''");
}

function quotedFish(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
