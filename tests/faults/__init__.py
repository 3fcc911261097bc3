"""What happens when processes are killed, disks are full and databases are locked."""
