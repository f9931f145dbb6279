"""What marketplaces are tried with, by StoFlow itself and by whoever writes one: needs `stoflow[testing]`."""
