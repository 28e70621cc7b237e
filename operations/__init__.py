"""What whoever keeps a Debrief running needs: backups, restoring them, figures of how it does."""
