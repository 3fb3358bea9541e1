"""What callers send to have records made and changed, in the contract's names."""
