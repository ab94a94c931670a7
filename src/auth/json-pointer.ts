/** RFC 6901, for objects: claims and documents name their members by it, also those with a dot or a slash in the name. */

const POINTER = /^(?:\/(?:[^~/]|~[01])+)+$/;

export const isJsonPointer = (text: string): boolean => POINTER.test(text);

/** The value at the pointer, or `undefined`. Only an object's own members are looked at: no prototype, no array. */
export const valueAt = (json: unknown, pointer: string): unknown => {
  let value = json;
  for (const step of pointer.slice(1).split("/")) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
