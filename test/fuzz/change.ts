import * as fc from "fast-check";

/** One change of a value: an operator, where it works, and what it draws from. All numbers are taken modulo what there is. */
export interface Change<Operator extends string> {
  readonly operator: Operator;
  readonly at: number;
  readonly pick: number;
  readonly octet: number;
}

export const changes = <Operator extends string>(
  operators: readonly Operator[],
  { min, max }: { readonly min: number; readonly max: number },
): fc.Arbitrary<readonly Change<Operator>[]> =>
  fc.array(
    fc.record({
      operator: fc.constantFrom(...operators),
      at: fc.nat(0xffff),
      pick: fc.nat(0xffff),
      octet: fc.nat(255),
    }),
    { minLength: min, maxLength: max },
  );
