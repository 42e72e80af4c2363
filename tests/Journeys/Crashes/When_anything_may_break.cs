using System.Globalization;
using JobSystem.Journeys.Systems;
using Xunit.Abstractions;

namespace JobSystem.Journeys.Crashes;

[Collection(Stack.Name)]
public sealed class When_anything_may_break(SharedStack stack, ITestOutputHelper output) : Journey(stack)
{
    const string SoakSetting = "JOBSYSTEM_SOAK";
    readonly string? _logFile = Environment.GetEnvironmentVariable("JOBSYSTEM_CHAOS_LOG");

    [Fact]
    public Task Should_keep_every_promise_in_a_short_run() =>
        new Chaos(stack, new(Seed(otherwise: 1)), Say).RunOnce("executor killed", "job API frozen", "broker stopped", "database killed");

    [SoakFact]
    public Task Should_keep_every_promise_for_a_long_time() =>
        new Chaos(stack, Plan(), Say).Run();

    static ChaosPlan Plan() => new(
        Seed(otherwise: Random.Shared.Next()), TimeSpan.FromMinutes(Number("JOBSYSTEM_CHAOS_MINUTES")
            ?? 30), Number("JOBSYSTEM_CHAOS_LONG") == 1, Number("JOBSYSTEM_CHAOS_EACH") ?? 0);

    void Say(string line)
    {
        output.WriteLine(line);
        if (_logFile is not null)
        {
            File.AppendAllText(_logFile, line + Environment.NewLine);
        }
    }

    static int Seed(int otherwise) => Number("JOBSYSTEM_CHAOS_SEED") ?? otherwise;

    static int? Number(string setting) =>
        int.TryParse(Environment.GetEnvironmentVariable(setting), CultureInfo.InvariantCulture, out var number) ? number : null;

    sealed class SoakFactAttribute : FactAttribute
    {
        public SoakFactAttribute()
        {
            if (Environment.GetEnvironmentVariable(SoakSetting) != "1")
            {
                Skip = $"takes long: {SoakSetting}=1, or scripts/chaos.sh";
            }
        }
    }
}
