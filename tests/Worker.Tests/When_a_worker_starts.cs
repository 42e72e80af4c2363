using JobSystem.Executor;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace JobSystem.Worker.Tests;

/// <summary>The first thing that a person sees of a worker.</summary>
public sealed class When_a_worker_starts
{
    [Fact]
    public async Task Should_say_in_one_line_who_it_is_and_what_it_does()
    {
        using var log = new LogLines();
        await using var rig = await WorkerRig.Start(worker =>
        {
            (worker.Name, worker.Slots, worker.Queues) = ("mailer", 3, ["mails", "letters"]);
            worker.Tasks.MapTask("send", () => 1);
            worker.Tasks.MapTask("print", () => 1);
        }, log: log);

        await Eventually.Holds(
            () => log.All.Any(x => x.StartsWith("Worker mailer is connected to loopback://localhost/", StringComparison.Ordinal)));
        Assert.EndsWith(": queues mails, letters, 3 slots, tasks print, send", Assert.Single(log.All, x => x.Contains("is connected", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--JOBSYSTEM_RABBITMQ=", "JOBSYSTEM_RABBITMQ is not set. It is the broker's address: amqp://user:password@host:port/vhost")]
    [InlineData("--JOBSYSTEM_RABBITMQ=localhost", "JOBSYSTEM_RABBITMQ is not understood. Expected amqp://user:password@host:port/vhost")]
    [InlineData("--JOBSYSTEM_RABBITMQ=amqp://127.0.0.1:1/ --JOBSYSTEM_SLOTS=many", "JOBSYSTEM_SLOTS is 'many', but must be a number.")]
    public async Task Should_end_with_one_line_and_78_when_a_setting_is_wrong(string arguments, string line)
    {
        var (error, written) = (Console.Error, new StringWriter());
        Console.SetError(written);
        try
        {
            await JobWorker.CreateBuilder(arguments.Split(' ')).UseRabbitMq().Build().RunAsync();
            Assert.Equal((line, WorkerSettingException.ExitCode), (written.ToString().TrimEnd(), Environment.ExitCode));
        }
        finally
        {
            Console.SetError(error);
            Environment.ExitCode = 0;
        }
    }

    [Fact]
    public void Should_not_be_an_executor_without_a_broker()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Configuration.AddInMemoryCollection([new("JOBSYSTEM_RABBITMQ", "")]);
        Assert.StartsWith("JOBSYSTEM_RABBITMQ is not set.", Assert.Throws<SettingException>(() => builder.RequireBroker()).Message, StringComparison.Ordinal);
    }
}
