"""SharePoint Online through Microsoft Graph: libraries, pages and lists with their permissions."""
