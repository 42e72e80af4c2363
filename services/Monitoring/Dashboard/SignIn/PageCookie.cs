namespace JobSystem.Monitoring.Dashboard.SignIn;

/// <summary>A cookie that browsers send to the pages only, wherever they are, and that no script reads.</summary>
sealed class PageCookie : CookieBuilder
{
    public PageCookie(string name)
    {
        (Name, HttpOnly, IsEssential) = (name, true, true);
        (SameSite, SecurePolicy) = (SameSiteMode.Strict, CookieSecurePolicy.SameAsRequest);
    }

    public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
    {
        var options = base.Build(context, expiresFrom);
        options.Path = context.Request.PathBase + DashboardService.Path;
        return options;
    }
}
