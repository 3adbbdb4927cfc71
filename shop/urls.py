"""The address book: reads as a site map."""

urlpatterns: list = []
