/**
 * A notification as Python's `bz2.compress` writes it, which Node cannot; test/events/openstack-shapes.test.ts has the same one
 * in the clear.
 */
export const bz2 = Buffer.from(
  'QlpoOTFBWSZTWbrQub4AAMdfgESAUAd/8AchzAS/59+qMAD60sNTQJpMnkT0mIxAYRoGRoNQGqeGoTNTaho0AAAANNIofqam1MjRpoMgAAGg1hoYxIAVELqwkhTpuVAA76oRSP2BEMWyU0T1UrPOi9w8kSxSQA3r3Bgofc1WBV1JPlZSI4HTyOmrRHQ6yDlucw2m98EkRLINjXN7ROVVVBJtw4mU8q0IFQ1b9zLcLlXqwjRKeJvA3tQ0oOCJINeCBn91dCyB6mWHEtuYWbEnSVWfUNmYIhA3kE5AOht+OEO08iEvlV2/Z6H0M9mM+N0hcf0ClUGZ/yYrGsiywiihQSsKVBB2howCU7Fmag4QFyVYiSZ4eCc4a6oIFgneGmgjSwxMbdkAP4u5IpwoSF1oXN8A',
  'base64'
)
