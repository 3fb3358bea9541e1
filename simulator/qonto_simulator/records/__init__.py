"""What the simulated Qonto keeps: plain records, changed in place by the rules."""
