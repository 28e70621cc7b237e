"""What is kept about one person: to hand out, and to delete, on their request."""

from core.person.records import Deletion, Kept, delete_person, person_records

__all__ = ["Deletion", "Kept", "delete_person", "person_records"]
