/** `0s`, `59s`, `1m 12s`, `1h 03m`, `2d 04h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (minutes < 60) return `${minutes}m ${padded(seconds % 60)}s`;
  return hours < 24 ? `${hours}h ${padded(minutes % 60)}m` : `${days}d ${padded(hours % 24)}h`;
}

function padded(part: number): string {
  return String(part).padStart(2, '0');
}
