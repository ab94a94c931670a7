import { DerError, type DerElement } from "./reader.ts";

/**
 * The fields of a SEQUENCE, taken in their order. Whoever opens a SEQUENCE says at the `end` that nothing is left:
 * an element that nobody reads is where attacks hide. Throws {@link DerError}.
 */
export class Fields {
  readonly #elements: readonly DerElement[];
  #at = 0;

  constructor(parent: DerElement, tag: number) {
    this.#elements = expectTag(parent, tag).children;
  }

  /** The next field, which must have this tag. */
  take(tag: number): DerElement {
    return expectTag(this.any(), tag);
  }

  /** The next field if it has this tag (OPTIONAL, DEFAULT), otherwise `null`. */
  optional(tag: number): DerElement | null {
    return this.#elements[this.#at]?.tag === tag ? this.any() : null;
  }

  /** The next field, whatever it is (CHOICE, ANY). */
  any(): DerElement {
    const element = this.#elements[this.#at++];
    if (element === undefined) throw new DerError("a field is missing");
    return element;
  }

  end(): void {
    if (this.#at !== this.#elements.length) throw new DerError("there is a field too many");
  }
}

export const expectTag = (element: DerElement, tag: number): DerElement => {
  if (element.tag !== tag) throw new DerError("a field has the wrong type");
  return element;
};

/** SEQUENCE SIZE (1..MAX) OF. */
export const nonEmpty = (element: DerElement, tag: number): readonly DerElement[] => {
  const { children } = expectTag(element, tag);
  if (children.length === 0) throw new DerError("a list is empty");
  return children;
};

/** SET OF: its members ascend by their encodings (X.690 §11.6), so a member cannot be there twice either. */
export const setOf = (element: DerElement, tag: number): readonly DerElement[] => {
  const { children } = expectTag(element, tag);
  for (const [i, member] of children.entries()) {
    const before = children[i - 1];
    if (before !== undefined && compareOctets(before.raw, member.raw) >= 0) {
      throw new DerError("the members of a SET are not in DER order");
    }
  }
  return children;
};

/** Octet by octet, the shorter first where one is the beginning of the other. */
export const compareOctets = (a: Uint8Array, b: Uint8Array): number => {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
};
