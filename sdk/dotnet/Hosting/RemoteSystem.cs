namespace JobSystem.Hosting;

/// <summary>A system elsewhere, which the application uses instead of one inside.</summary>
/// <param name="Url">Its address, without a slash at the end.</param>
sealed record RemoteSystem(string Url)
{
    public const string UrlSetting = "JOBSYSTEM_URL";
}
