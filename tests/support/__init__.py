"""What tests of several packages share: servers, clocks, records. Not part of the product."""
