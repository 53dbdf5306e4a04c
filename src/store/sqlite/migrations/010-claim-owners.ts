/** Puts the replica in front of the owners of claims. */
export default `
  -- Owners of claims begin with their replica (src/core/claim-owner.ts): those of before are the product's that was alone here.
  update lane set owner = 'product#' || owner where owner is not null;
  update action set owner = 'product#' || owner where owner is not null;
  `
