const MAX_SECONDS = 60;

/**
 * Seconds until the next attempt, as the node agent waits (`pause` in infra/agent/interlock.sh): doubled from 1 up to a minute, half of
 * it by chance. What the API asks for is the least (RFC 9110 §10.2.3), and chance comes on top, or all would return at once.
 *
 * @param attempt the one that failed, from 1
 * @param chance in [0, 1)
 */
export const pauseAfter = (attempt: number, retryAfter: number | null, chance: number): number => {
  const half = Math.min(2 ** (attempt - 1), MAX_SECONDS) / 2;
  return Math.max(half, retryAfter ?? 0) + half * chance;
};
