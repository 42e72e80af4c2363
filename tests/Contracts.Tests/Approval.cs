namespace JobSystem.Contracts.Tests;

/// <summary>Compares with a file under Approved/, or writes it when JOBSYSTEM_APPROVE is set.</summary>
static class Approval
{
    const string Switch = "JOBSYSTEM_APPROVE";

    /// <summary>True while the files are being written: what reads them has nothing to say then.</summary>
    public static bool Writing => Environment.GetEnvironmentVariable(Switch) is { Length: > 0 };

    public static string Folder { get; } = Path.Combine(SourceTree.Root, "tests", "Contracts.Tests", "Approved");

    public static void Check(string name, string actual)
    {
        var file = Path.Combine(Folder, name);
        var text = actual.ReplaceLineEndings("\n").TrimEnd() + "\n";
        if (Writing)
        {
            Directory.CreateDirectory(Folder);
            File.WriteAllText(file, text);
            return;
        }
        var approved = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        Assert.True(approved == text, Explain(name, approved, text));
    }

    static string Explain(string name, string approved, string actual) => $"""
        The wire format differs from tests/Contracts.Tests/Approved/{name}.

        Messages of the old format are in the queues of running systems, and other applications send it. A renamed or removed member, another
        type or another namespace breaks them; so does a new member that is required. A new optional member is fine.
        When the change is meant, approve it and commit the file:

            {Switch}=1 dotnet test tests/Contracts.Tests

        approved:
        {approved}
        now:
        {actual}
        """;
}
