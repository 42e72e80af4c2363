using System.Runtime.CompilerServices;

namespace JobSystem.Support;

/// <summary>Where the sources are, for tests that compare documents with code.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    static string FindRoot([CallerFilePath] string thisFile = "")
    {
        for (var folder = Path.GetDirectoryName(thisFile); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "JobSystem.sln")))
            {
                return folder;
            }
        }
        throw new InvalidOperationException($"there is no JobSystem.sln above {thisFile}");
    }
}
