namespace JobSystem.Journeys.Systems;

/// <summary>Where things are in the working copy that the tests were built from.</summary>
static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Build configuration of this assembly, which is that of the programs built with it.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Name;

    /// <summary>A program built by this repository: <c>artifacts/bin/NAME/CONFIGURATION/JobSystem.NAME.dll</c>.</summary>
    public static string Program(string project) => Path.Combine(Root, "artifacts", "bin", project, Configuration, $"JobSystem.{project}.dll");

    public static string Script(string name) => Path.Combine(Root, "scripts", name);

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "JobSystem.sln")))
        {
            folder = folder.Parent;
        }
        return folder?.FullName ?? throw new DirectoryNotFoundException("the tests run outside of the repository");
    }
}
